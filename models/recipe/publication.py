"""Publish a trained network and its data as a verified bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.bundle import (
    ITEM_STATISTICS,
    ITEM_TEXT,
    ITEM_VECTORS,
    REPORT,
    REPORT_PAGE,
    TEXT_ENCODER,
    USER_VECTORS,
    WHITENING,
    Manifest,
)
from models.contract.encoder_card import EncoderCard
from models.contract.manifest_seal import BundleKey
from models.data.fitting import extend_features
from models.evaluation.inference import CorpusPredictor
from models.evaluation.report.html import render_page
from models.evaluation.report.schema import Report
from models.evaluation.report.warnings import add_warnings
from models.export.golden import build_golden_requests
from models.export.golden_cases import GoldenSource
from models.export.publish import CheckBundle, Contents, publish
from models.export.target import remove_leftovers
from models.export.vectors import build_user_vectors, collect_histories
from models.language.golden_sentence import SENTENCE
from models.language.registry import open_text_encoder
from models.language.whitening import whiten
from models.network.model import grow_network
from models.network.shape import infer_shape
from models.recipe.ingestion import JobData
from models.recipe.privacy import report_privacy
from models.recipe.training import TrainingRun, refresh_with_all
from models.training.bundle_statistics import compute_bundle_statistics, find_stops
from models.training.corpus import PART_END, PART_TEST, PART_VALID, recode_corpus


@dataclass(frozen=True, slots=True)
class Target:
    """The folder to publish in, the check that the bundle must pass first, and the key that signs it."""

    folder: Path
    check_bundle: CheckBundle | None = None
    key: BundleKey | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A published bundle's manifest and report."""

    manifest: Manifest
    report: Report


@dataclass(frozen=True, slots=True)
class Stops:
    """Each user's first corpus row that the bundle does not know of."""

    statistics: Indices  # [U] for the item statistics
    histories: Indices  # [U] for the histories and user vectors


def publish_bundle(
    data: JobData, run: TrainingRun, report: Report, target: Target, console: Console
) -> Published:
    """Publish the bundle of a run; with export.fit "all" the network is first trained on the test part too.

    The report then has the cuts and the privacy loss of that refresh, too. No other run may write the target's folder
    meanwhile.
    """
    if data.job.export.fit == "all":
        data, run = grow_vocabularies(data, run)
        run = refresh_with_all(data, run, console)
        changes = {"training_cuts": run.cuts, "privacy": report_privacy(run.private)}
        report = add_warnings(report.model_copy(update=changes))
    return write_bundle(data, run, report, target)


def write_bundle(data: JobData, run: TrainingRun, report: Report, target: Target) -> Published:
    """Write the bundle of a run whose network has learned all that the bundle is to know, by export.fit."""
    job = data.job
    everything = job.export.fit == "all"
    predictor = run.open_predictor(data)
    part = PART_END if everything else PART_TEST
    predictor = replace(predictor, links=run.fitted.build_links(data.corpus, part))
    snapshot = len(data.corpus.moments) - 1 if everything else data.corpus.part_snapshot[PART_TEST]
    stops = find_stops(data.corpus, part)
    known = stops if job.export.histories else data.corpus.offsets[:-1]
    contents = _build_contents(data, predictor, report, snapshot, Stops(stops, known))

    def manifest_of(files: Mapping[str, str]) -> Manifest:
        return Manifest(
            model_version=report.model_version,
            created_at=report.created_at,
            job=job.name,
            network=run.network.config.model_dump(mode="json"),
            heads=run.network.heads,
            calibrations=dict(run.fitted.calibrations),
            fusion=run.fitted.fusion,
            diversity=run.fitted.diversity.default,
            recency=predictor.recency,
            links=None if predictor.links is None else predictor.links.gains,
            scenes=dict(job.scenes),
            available=None if job.items is None else job.items.available,
            text_encoder=data.text_encoder,
            features_digest=data.corpus.spec.digest(),
            statistics_at=float(data.corpus.moments[snapshot]),
            summary=report.headline(),
            files=dict(files),
        )

    remove_leftovers(target.folder)
    return Published(publish(target.folder, contents, manifest_of, target.check_bundle, target.key), report)


def grow_vocabularies(data: JobData, run: TrainingRun) -> tuple[JobData, TrainingRun]:
    """Add the items, labels, actions and contexts outside the training part to the vocabularies and the network."""
    data = extend_corpus(data)
    return data, replace(run, network=grow_network(run.network, infer_shape(data.corpus.spec)))


def extend_corpus(data: JobData) -> JobData:
    """The data with vocabularies of all events, and a corpus that is encoded with them."""
    rows = np.arange(len(data.dataset.interactions), dtype=np.int64)
    spec = extend_features(data.corpus.spec, data.dataset, rows)
    return replace(data, corpus=recode_corpus(data.corpus, data.dataset, spec))


def _build_contents(
    data: JobData, predictor: CorpusPredictor, report: Report, snapshot: int, stops: Stops
) -> Contents:
    """The bundle's content at a snapshot of the statistics, with each user's events before the stops."""
    corpus = data.corpus
    later = np.flatnonzero(corpus.part >= PART_VALID)
    return Contents(
        spec=corpus.spec,
        network=predictor.network,
        items=data.dataset.items,
        users=data.dataset.users,
        histories=collect_histories(data.dataset, corpus, stops.histories),
        golden=build_golden_requests(
            GoldenSource(predictor, data.dataset, data.text_encoder, data.whitening), later, snapshot
        ),
        arrays={
            ITEM_TEXT: np.ascontiguousarray(corpus.catalogue.content[:, : corpus.spec.text_size]),
            ITEM_VECTORS: predictor.item_table(snapshot),
            ITEM_STATISTICS: compute_bundle_statistics(corpus, snapshot, stops.statistics),
            USER_VECTORS: build_user_vectors(predictor, stops.histories),
        }
        | ({} if data.whitening is None else {WHITENING: data.whitening.to_array()}),
        links=None if predictor.links is None else predictor.links.tables,
        content=None if predictor.links is None else predictor.links.content,
        pages={REPORT: report.model_dump_json(), REPORT_PAGE: render_page(report)} | _write_card(data),
    )


def _write_card(data: JobData) -> dict[str, str]:
    """TEXT_ENCODER -> the card of the job's text encoder; nothing for a job without texts."""
    if data.text_encoder is None:
        return {}
    encoder = whiten(open_text_encoder(data.text_encoder, data.corpus.spec.text_size), data.whitening)
    vector = tuple(round(number, 6) for number in encoder.encode([SENTENCE])[0].tolist())
    card = EncoderCard(name=encoder.name, size=encoder.size, sentence=SENTENCE, vector=vector)
    return {TEXT_ENCODER: card.model_dump_json()}
