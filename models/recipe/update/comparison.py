"""Compare an updated network with the published one on the newest events, which neither has learned from."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.promotion import Decision, Headline, HeadlineFigure, HeldOutData, decide
from models.data.labels import label_as
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import EvaluationLists, ServedItems
from models.evaluation.evaluate import collect_item_facts, content_vectors, rank_by_network
from models.evaluation.head_figures import evaluate_heads
from models.evaluation.inference import CorpusPredictor
from models.evaluation.protocols import find_new_events
from models.evaluation.ranking_table import RankedMethod, tabulate
from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import MODEL, HeadReport, RankingTable, Report
from models.evaluation.sample_size import SampleSizes, choose_sizes
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
from models.recipe.ingestion import JobData
from models.recipe.report import Rankings, build_report, count_actions
from models.recipe.training import TrainingRun
from models.recipe.update.fits import adopt_fit
from models.recipe.update.published import PublishedBundle
from models.training.bundle_statistics import find_stops
from models.training.corpus import PART_TEST, recode_corpus

PUBLISHED = "the published bundle"
"""The name of the published network's lists in the report."""
SURE = 1.96
"""The standard errors of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The report on the updated network, and the heads of the published one on the same events."""

    report: Report
    heads: tuple[HeadReport, ...]


def compare(data: JobData, run: TrainingRun, published: PublishedBundle, console: Console) -> Compared:
    """Rank the same lists, and predict the same events, by the updated and by the published network."""
    console.print("comparing with the published bundle on the newest events")
    fitted, predictor = run.fitted, run.open_predictor(data)
    updated = CalibratedModel(predictor, fitted.calibrations, fitted.fusion, fitted.diversity.default)
    incumbent = open_incumbent(data, run, published)
    sizes = choose_sizes(data.job.evaluation, len(run.figures) * len(data.split.valid))
    links = fitted.build_links(data.corpus, PART_TEST)
    linked = replace(updated, predictor=replace(predictor, links=links))
    rankings = _rank_both(data, linked, incumbent, sizes)
    heads = evaluate_heads(updated, sizes.events)
    report = build_report(data, run, rankings, heads, data.timings | run.seconds)
    return Compared(report, evaluate_heads(incumbent, sizes.events))


def open_incumbent(data: JobData, run: TrainingRun, published: PublishedBundle) -> CalibratedModel:
    """The published network over the data of an update, with its vocabularies, statistics and links."""
    manifest, corpus = published.manifest, data.corpus
    known = max(int(np.searchsorted(corpus.moments, manifest.statistics_at, side="right")) - 1, 0)
    parts = (corpus.part_snapshot[0], min(corpus.part_snapshot[1], known), known)
    corpus = replace(
        recode_corpus(corpus, data.dataset, published.spec),
        labels=tuple(
            labels.reorder(corpus.log_rows.astype(np.int64))
            for labels in label_as(manifest.heads, data.dataset)
        ),
        snapshot=np.minimum(corpus.snapshot, np.int32(known)),
        part_snapshot=parts,
    )
    network = load_network(published.folder, manifest, published.spec)
    predictor = CorpusPredictor.of(network, corpus, run.device, manifest.recency)
    fit = adopt_fit(published, data).links
    if fit is not None:
        since = np.searchsorted(corpus.log.times, manifest.statistics_at)
        stops = find_stops(replace(corpus, part=(corpus.log_rows >= since).astype(np.int8)), 1)
        predictor = replace(predictor, links=link_content(fit, read_source(corpus, stops)))
    return CalibratedModel(predictor, manifest.calibrations, manifest.fusion, manifest.diversity)


def _rank_both(
    data: JobData, updated: CalibratedModel, incumbent: CalibratedModel, sizes: SampleSizes
) -> Rankings:
    """The ranking tables of both protocols, with the published network's lists as another method's."""
    at_cutoff = build_evaluation_lists(data, PART_TEST)
    tested = select_taken(data, data.split.test)
    new_events = find_new_events(seen_before(data, PART_TEST), select_interactions(data, tested))
    next_events = build_next_event_lists(data, PART_TEST, sizes.lists)
    facts = collect_item_facts(data.dataset, interactions_before(data, PART_TEST), content_vectors(updated))
    tables, rows = [], []
    for lists, all_lists in (
        (at_cutoff.take_evenly(sizes.lists), len(at_cutoff.case)),
        (next_events, len(new_events)),
    ):
        mine = rank_by_network(updated, _serve(updated, data), lists)
        methods = (*mine.methods, *_rank_published(incumbent, data, lists))
        tables.append(
            tabulate(methods, lists.case, facts, all_lists) if mine.methods else RankingTable(lists=0)
        )
        rows.append(mine.objective)
    actions = count_actions(data, _take(tested, new_events))
    return Rankings(tables[0], tables[1], {}, actions, rows[0], rows[1])


def _take(tested: Indices, rows: Indices) -> Indices:
    return np.asarray(tested[rows], dtype=np.int64)


def _serve(model: CalibratedModel, data: JobData) -> ServedItems:
    return ServedItems.of(model.predictor, data.dataset.items, PART_TEST)


def _rank_published(
    incumbent: CalibratedModel, data: JobData, lists: EvaluationLists
) -> Iterator[RankedMethod]:
    """Yield the lists of the published network by its score alone."""
    for method in rank_by_network(incumbent, _serve(incumbent, data), lists).methods:
        if method.name == MODEL:
            yield replace(method, name=PUBLISHED)


def decide_update(compared: Compared, tolerance: float) -> Decision:
    """Whether the updated network may replace the published one; see docs/learning-loop.md.

    A ranking is worse if its NDCG is lower by more than `tolerance` and the 95 % interval of the difference of the
    same lists is below 0. A head is worse by the rule of models.contract.promotion.
    """
    report = compared.report
    reasons, worse = [], []
    for name, table in (("ndcg", report.at_cutoff), ("next_event_ndcg", report.next_event)):
        for found in (one for one in table.comparisons if one.method == MODEL and one.other == PUBLISHED):
            reasons.append(describe_difference(f"{name}@{report.k}", found))
            if is_worse(found, tolerance):
                worse.append(f"{reasons[-1]}, worse by more than {tolerance:.0%} and by more than chance")
    heads = decide(_headline(report, report.heads), _headline(report, compared.heads), tolerance)
    if not heads.promote or worse:
        return Decision(False, True, (*worse, *(() if heads.promote else heads.reasons)))
    return Decision(True, True, (*reasons, *(heads.reasons if heads.compared else ())))


def is_worse(found: Comparison, tolerance: float) -> bool:
    """True if the difference of a comparison is worse than the tolerance and surely below 0."""
    high = found.advantage + SURE * found.standard_error
    return found.advantage < -tolerance * found.other_value and high < 0


def describe_difference(name: str, found: Comparison) -> str:
    """The two figures, and the difference with its 95 % interval."""
    margin = SURE * found.standard_error
    return (
        f"{name} {found.value:.4f}, was {found.other_value:.4f} "
        f"({found.advantage:+.4f}, 95 % interval {found.advantage - margin:+.4f} to {found.advantage + margin:+.4f})"
    )


def _headline(report: Report, heads: tuple[HeadReport, ...]) -> Headline:
    """The main figures of heads, over the same events."""
    counts = report.data
    return Headline(
        job=report.job,
        test=HeldOutData(counts.test_from, counts.test, report.at_cutoff.lists, report.next_event.lists),
        figures={
            head.headline_name: HeadlineFigure(head.headline_figure, head.count, head.lower_is_better)
            for head in heads
            if math.isfinite(head.headline_figure)
        },
    )
