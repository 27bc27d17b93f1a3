"""Evaluate the network and the baselines on the test part, and build the report."""

from dataclasses import replace

import numpy as np
from rich.console import Console

from models.contract.even_sample import take_evenly
from models.evaluation.baselines.selection import fit_baselines
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import ServedItems
from models.evaluation.evaluate import collect_item_facts, content_vectors, rank_by_baselines, rank_by_network
from models.evaluation.head_figures import evaluate_heads
from models.evaluation.protocols import find_new_events
from models.evaluation.ranking_table import tabulate
from models.evaluation.report.schema import RankingTable, Report
from models.evaluation.sample_size import choose_sizes
from models.evaluation.time_limit import TimeLimit, limit_seconds
from models.evaluation.user_groups import read_attributes
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
from models.recipe.report import Rankings, build_report, count_actions
from models.recipe.training import TrainingRun
from models.training.corpus import PART_TEST, PART_VALID


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
    seconds = data.timings | run.seconds | {"evaluate": limit.elapsed}
    return build_report(data, run, rankings, heads, seconds)


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
    attributes = read_attributes(data.dataset, data.job.users)
    at_cut, on_events = (
        tabulate(
            (*mine.methods, *rank_by_baselines(baselines.fitted, lists.case)),
            lists.case,
            facts,
            population,
            attributes,
        )
        for mine, lists, population in zip(
            by_network, samples, (len(at_cutoff.case), len(new_events)), strict=True
        )
    )
    actions = count_actions(data, tested[new_events])
    rows = [mine.objective for mine in by_network]
    return Rankings(at_cut, on_events, baselines.refused, actions, rows[0], rows[1])


def _training_seconds(run: TrainingRun) -> float:
    """Seconds of all epochs, also those before a resume, of the fits and of the refresh."""
    epochs = sum(epoch.seconds for epoch in run.figures)
    return epochs + run.seconds.get("fit", 0.0) + run.seconds.get("refresh", 0.0)
