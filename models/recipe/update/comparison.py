"""Compare a network with the published one on the newest events, which neither has learned from."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from models.contract.arrays import Indices
from models.data.labels import label_as
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import EvaluationLists, ServedItems, score_candidates
from models.evaluation.evaluate import collect_item_facts, content_vectors, format_weights, rank_by_network
from models.evaluation.head_figures import evaluate_heads
from models.evaluation.inference import CorpusPredictor
from models.evaluation.protocols import find_new_events
from models.evaluation.ranking_table import DEPTH, RankedMethod, tabulate
from models.evaluation.report.schema import HeadReport, RankingTable
from models.evaluation.sample_size import SampleSizes, choose_sizes
from models.evaluation.served_lists import PURE_ORDER, plan_budget, rank_candidates
from models.evaluation.user_groups import read_attributes
from models.export.links import link_content, read_source
from models.network.model import load_network
from models.recipe.evaluation_lists import (
    build_evaluation_lists,
    build_next_event_lists,
    interactions_before,
    seen_before,
    select_interactions,
    select_taken,
)
from models.recipe.ingestion import JobData, encode_texts
from models.recipe.report import Rankings, count_actions
from models.recipe.training import TrainingRun
from models.recipe.update.fits import adopt_links
from models.recipe.update.published import PublishedBundle
from models.training.bundle_statistics import find_stops
from models.training.corpus import PART_TEST, PART_VALID, build_corpus

PUBLISHED = "the published bundle"
"""The name of the published network's lists in the report."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Both networks on the same lists, and their heads on the same events."""

    rankings: Rankings
    heads: tuple[HeadReport, ...]
    published_heads: tuple[HeadReport, ...]


def compare(
    data: JobData, run: TrainingRun, published: PublishedBundle, work: Path, console: Console
) -> Compared:
    """Rank the same lists of the test part, and predict its events, by the network of a run and the published one.

    `work`: the work folder, with the cache of text vectors.
    """
    console.print("comparing with the published bundle on the newest events")
    fitted, predictor = run.fitted, run.open_predictor(data)
    updated = CalibratedModel(predictor, fitted.calibrations, fitted.fusion, fitted.diversity.default)
    incumbent = open_incumbent(data, run.device, published, work, console)
    sizes = choose_sizes(data.job.evaluation, 0)
    linked = replace(updated, predictor=replace(predictor, links=fitted.build_links(data.corpus, PART_TEST)))
    rankings = _rank_both(data, linked, incumbent, sizes)
    return Compared(rankings, evaluate_heads(updated, sizes.events), evaluate_heads(incumbent, sizes.events))


def open_incumbent(
    data: JobData, device: torch.device, published: PublishedBundle, work: Path, console: Console
) -> CalibratedModel:
    """The published network over the same data, with its features, and with statistics and links of its last moment."""
    manifest, spec, dataset = published.manifest, published.spec, data.dataset
    network = load_network(published.folder, manifest, spec)
    whitening = 0.0 if published.whitening is None else published.whitening
    texts, _ = encode_texts(dataset, spec, manifest.text_encoder, whitening, work, console)
    labels, half_life = label_as(manifest.heads, dataset), network.config.half_life_days
    corpus = build_corpus(dataset, data.split, spec, labels, texts, half_life)
    known = max(int(np.searchsorted(corpus.moments, manifest.statistics_at, side="right")) - 1, 0)
    corpus = replace(
        corpus,
        snapshot=np.minimum(corpus.snapshot, np.int32(known)),
        part_snapshot=(0, min(corpus.part_snapshot[1], known), min(corpus.part_snapshot[2], known)),
    )
    predictor = CorpusPredictor.of(network, corpus, device, manifest.recency)
    fit = adopt_links(published, dataset.items)
    if fit is not None:
        since = np.searchsorted(corpus.log.times, manifest.statistics_at)
        stops = find_stops(replace(corpus, part=(corpus.log_rows >= since).astype(np.int8)), 1)
        predictor = replace(predictor, links=link_content(fit, read_source(corpus, stops)))
    return CalibratedModel(predictor, manifest.calibrations, manifest.fusion, manifest.diversity)


def narrow_test(data: JobData, since: float) -> JobData:
    """The data whose test part begins at a moment after its own; what came before it counts as validation."""
    rows, times = data.split.test, data.dataset.interactions.times
    later = times[rows] >= since
    if later.all():
        return data
    parts = replace(
        data.split, valid=np.concatenate([data.split.valid, rows[~later]]), test=rows[later], test_at=since
    )
    corpus = data.corpus
    part = np.where(np.isin(corpus.log_rows, rows[~later]), PART_VALID, corpus.part).astype(np.int8)
    snapshot = int(np.searchsorted(corpus.moments, since, side="right")) - 1
    first, valid, _ = corpus.part_snapshot
    corpus = replace(
        corpus,
        part=part,
        part_snapshot=(first, valid, snapshot),
        snapshot=np.where(part == PART_TEST, snapshot, corpus.snapshot).astype(np.int32),
    )
    return replace(data, split=parts, corpus=corpus)


def _rank_both(
    data: JobData, updated: CalibratedModel, incumbent: CalibratedModel, sizes: SampleSizes
) -> Rankings:
    """The ranking tables of both protocols, with the published network's lists as another method's."""
    at_cutoff = build_evaluation_lists(data, PART_TEST)
    tested = select_taken(data, data.split.test)
    new_events = find_new_events(seen_before(data, PART_TEST), select_interactions(data, tested))
    next_events = build_next_event_lists(data, PART_TEST, sizes.lists)
    facts = collect_item_facts(data.dataset, interactions_before(data, PART_TEST), content_vectors(updated))
    attributes = read_attributes(data.dataset, data.job.users)
    tables, rows = [], []
    for lists, all_lists in (
        (at_cutoff.take_evenly(sizes.lists), len(at_cutoff.case)),
        (next_events, len(new_events)),
    ):
        mine = rank_by_network(updated, _serve(updated, data), lists)
        if mine.methods:
            methods = (*mine.methods, _rank_published(incumbent, data, lists))
            tables.append(tabulate(methods, lists.case, facts, all_lists, attributes))
        else:
            tables.append(RankingTable(lists=0))
        rows.append(mine.objective)
    actions = count_actions(data, _take(tested, new_events))
    return Rankings(tables[0], tables[1], {}, actions, rows[0], rows[1])


def _take(tested: Indices, rows: Indices) -> Indices:
    return np.asarray(tested[rows], dtype=np.int64)


def _serve(model: CalibratedModel, data: JobData) -> ServedItems:
    return ServedItems.of(model.predictor, data.dataset.items, PART_TEST)


def _rank_published(incumbent: CalibratedModel, data: JobData, lists: EvaluationLists) -> RankedMethod:
    """The lists of the published network by its score alone."""
    items, fusion = _serve(incumbent, data), incumbent.fusion
    budget = plan_budget(fusion)
    candidates = score_candidates(incumbent.predictor, lists, items, incumbent.calibrations, budget)
    ranked = rank_candidates(candidates, items, fusion, PURE_ORDER, DEPTH)
    return RankedMethod(PUBLISHED, format_weights(fusion), ranked)
