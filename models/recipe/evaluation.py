"""Evaluate the network and the baselines on the test part, and build the report."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import numpy as np
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.even_sample import take_evenly
from models.contract.tasks import NEXT
from models.evaluation.baselines.selection import fit_baselines
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import ServedItems
from models.evaluation.evaluate import collect_item_facts, content_vectors, rank_by_baselines, rank_by_network
from models.evaluation.head_figures import evaluate_heads
from models.evaluation.protocols import find_new_events
from models.evaluation.ranking_table import tabulate
from models.evaluation.report.schema import DataCounts, Epoch, ObjectiveRow, RankingTable, Report
from models.evaluation.report.warnings import add_warnings
from models.evaluation.sample_size import choose_sizes
from models.evaluation.time_limit import TimeLimit, limit_seconds
from models.job.settings import list_settings
from models.recipe.evaluation_lists import (
    build_evaluation_lists,
    build_next_event_lists,
    build_part_case,
    interactions_before,
    seen_before,
    select_interactions,
    select_taken,
)
from models.recipe.ingestion import JobData
from models.recipe.privacy import report_privacy
from models.recipe.training import TrainingRun
from models.training.corpus import PART_TEST, PART_VALID


@dataclass(frozen=True, slots=True)
class Rankings:
    """Both ranking tables, the baselines that were left out with the reason, and the events that count as right."""

    at_cutoff: RankingTable
    next_event: RankingTable
    refused: dict[str, str]
    relevant_actions: dict[str, int]
    objective_at_cutoff: tuple[ObjectiveRow, ...] = ()
    objective_next_event: tuple[ObjectiveRow, ...] = ()


def evaluate(data: JobData, run: TrainingRun, console: Console) -> Report:
    """Evaluate on the test part, which no fit has used; without a test part the ranking tables are empty."""
    job = data.job
    sizes = choose_sizes(job.evaluation, len(data.split.train) * len(run.figures))
    limit = TimeLimit(limit_seconds(job.evaluation.max_minutes, _training_seconds(run)))
    model = CalibratedModel(
        run.open_predictor(data),
        run.fitted.calibrations,
        run.fitted.fusion,
        run.fitted.diversity.default,
    )
    rankings = Rankings(RankingTable(lists=0), RankingTable(lists=0), {}, {})
    if len(data.split.test):
        console.print("evaluating on the test part, next to the baselines")
        linked = replace(model.predictor, links=run.fitted.build_links(data.corpus, PART_TEST))
        rankings = _build_ranking_tables(sizes.lists, data, replace(model, predictor=linked), limit)
        if not rankings.next_event.lists:
            console.print("no test user has a new item: the ranking tables are empty")
    heads = evaluate_heads(model, sizes.events)
    created = datetime.now(UTC)
    seconds = data.timings | run.seconds | {"evaluate": limit.elapsed}
    return add_warnings(
        Report(
            job=job.name,
            model_version=f"{job.name}-{created:%Y%m%dT%H%M%S}",
            created_at=created.isoformat(timespec="seconds"),
            data=_count_data(data),
            cleaning={name: int(count) for name, count in asdict(data.dataset.cleaning).items()},
            losses={table.table: table.describe() for table in data.dataset.losses if table.is_large},
            at_cutoff=rankings.at_cutoff,
            next_event=rankings.next_event,
            objective=job.objective_weights,
            objective_at_cutoff=rankings.objective_at_cutoff,
            objective_next_event=rankings.objective_next_event,
            refused=rankings.refused,
            relevant_actions=rankings.relevant_actions,
            heads=heads,
            training=_list_epochs(run),
            training_cuts=run.cuts,
            privacy=report_privacy(run.private),
            valid_figures={name: dict(figures) for name, figures in run.fitted.figures.items()},
            settings=list_settings(job),
            fusion_weights=dict(run.fitted.fusion.weights),
            lower_is_better=tuple(head.headline_name for head in heads if head.lower_is_better),
            timings={name: round(value, 2) for name, value in seconds.items()},
        )
    )


def _build_ranking_tables(most: int, data: JobData, model: CalibratedModel, limit: TimeLimit) -> Rankings:
    """Rank at most `most` lists of each protocol, evenly spaced: by the network, then by the baselines in time."""
    before = interactions_before(data, PART_TEST)
    at_cutoff = build_evaluation_lists(data, PART_TEST)
    tested = select_taken(data, data.split.test)
    new_events = find_new_events(seen_before(data, PART_TEST), select_interactions(data, tested))
    next_events = build_next_event_lists(data, PART_TEST, most)
    samples = (at_cutoff.take_evenly(most), next_events)
    items = ServedItems.of(model.predictor, data.dataset.items, PART_TEST)
    by_network = [rank_by_network(model, items, lists) for lists in samples]
    valid = build_part_case(data, PART_VALID)
    baselines = fit_baselines(
        interactions_before(data, PART_VALID),
        valid.take(take_evenly(np.arange(len(valid)), most)),
        before,
        limit.is_used_up,
    )
    facts = collect_item_facts(data.dataset, before, content_vectors(model))
    at_cut, on_events = (
        tabulate(
            (*mine.methods, *rank_by_baselines(baselines.fitted, lists.case)), lists.case, facts, population
        )
        for mine, lists, population in zip(
            by_network, samples, (len(at_cutoff.case), len(new_events)), strict=True
        )
    )
    actions = _count_actions(data, tested[new_events])
    rows = [mine.objective for mine in by_network]
    return Rankings(at_cut, on_events, baselines.refused, actions, rows[0], rows[1])


def _count_actions(data: JobData, rows: Indices) -> dict[str, int]:
    """Action -> the number of log rows `rows` with it, the most frequent first."""
    log = data.dataset.interactions
    counts = np.bincount(log.actions[rows], minlength=len(log.action_names)).tolist()
    pairs = sorted(zip(log.action_names, counts, strict=True), key=lambda pair: -pair[1])
    return {name: count for name, count in pairs if count}


def _training_seconds(run: TrainingRun) -> float:
    """Seconds of all epochs, also those before a resume, of the fits and of the refresh."""
    epochs = sum(epoch.seconds for epoch in run.figures)
    return epochs + run.seconds.get("fit", 0.0) + run.seconds.get("refresh", 0.0)


def _list_epochs(run: TrainingRun) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(
            epoch=epoch.epoch,
            train_loss=epoch.train,
            valid_loss=epoch.valid.get(NEXT, float("nan")),
            seconds=epoch.seconds,
        )
        for epoch in run.figures
    )


def _count_data(data: JobData) -> DataCounts:
    return DataCounts(
        users=len(data.dataset.user_ids),
        items=len(data.dataset.items),
        interactions=len(data.dataset.interactions),
        train=len(data.split.train),
        valid=len(data.split.valid),
        test=len(data.split.test),
        valid_from=data.split.valid_at,
        test_from=data.split.test_at,
        earlier=data.dataset.interactions.earlier,
    )
