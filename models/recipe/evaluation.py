"""Evaluate the network and the baselines on the test part, and build the report."""

import time
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
from rich.console import Console

from models.contract.tasks import NEXT
from models.evaluation.baselines.selection import fit_baselines
from models.evaluation.candidates import EvaluationLists, ServedItems
from models.evaluation.evaluate import (
    MOST_LISTS,
    CalibratedModel,
    collect_item_facts,
    content_vectors,
    evaluate_heads,
    evaluate_ranking,
)
from models.evaluation.inference import CorpusPredictor, take_evenly
from models.evaluation.protocols import build_next_event_case, find_new_events
from models.evaluation.report.schema import DataCounts, Epoch, RankingTable, Report
from models.job.spec import JobSpec
from models.recipe.ingestion import JobData
from models.recipe.training import (
    TrainingRun,
    build_evaluation_lists,
    build_part_case,
    interactions_before,
    select_interactions,
)
from models.training.corpus import PART_TEST, PART_VALID


def evaluate(job: JobSpec, data: JobData, run: TrainingRun, console: Console) -> Report:
    """Evaluate on the test part, which no fit has used; without a test part the ranking tables are empty."""
    began = time.monotonic()
    model = CalibratedModel(
        CorpusPredictor.of(run.network, data.corpus, run.device), run.fitted.calibrations, run.fitted.fusion
    )
    at_cutoff = next_events = RankingTable(lists=0)
    refused: dict[str, str] = {}
    if len(data.split.test):
        console.print("evaluating on the test part, next to the baselines")
        at_cutoff, next_events, refused = _build_ranking_tables(data, model)
        if not next_events.lists:
            console.print("no test user has a new item: the ranking tables are empty")
    heads = evaluate_heads(model)
    created = datetime.now(UTC)
    seconds = data.timings | run.seconds | {"evaluate": time.monotonic() - began}
    return Report(
        job=job.name,
        model_version=f"{job.name}-{created:%Y%m%dT%H%M%S}",
        created_at=created.isoformat(timespec="seconds"),
        data=_count_data(data),
        cleaning={name: int(count) for name, count in asdict(data.dataset.cleaning).items()},
        at_cutoff=at_cutoff,
        next_event=next_events,
        refused=refused,
        heads=heads,
        training=tuple(
            Epoch(
                epoch=epoch.epoch,
                train_loss=epoch.train,
                valid_loss=epoch.valid.get(NEXT, float("nan")),
                seconds=epoch.seconds,
            )
            for epoch in run.figures
        ),
        training_cuts=run.cuts,
        fusion_weights=dict(run.fitted.fusion.weights),
        lower_is_better=tuple(head.headline_name for head in heads if head.lower_is_better),
        timings={name: round(value, 2) for name, value in seconds.items()},
    )


def _build_ranking_tables(
    data: JobData, model: CalibratedModel
) -> tuple[RankingTable, RankingTable, dict[str, str]]:
    """The tables at the cutoff and of next events, and the baselines that were not fitted, with the reason."""
    before = interactions_before(data, PART_TEST)
    baselines = fit_baselines(
        interactions_before(data, PART_VALID), build_part_case(data, PART_VALID), before
    )
    facts = collect_item_facts(data.dataset, before, content_vectors(model))
    at_cutoff = build_evaluation_lists(data, PART_TEST).take_evenly(MOST_LISTS)
    test = select_interactions(data, data.split.test)
    rows = take_evenly(find_new_events(before, test), MOST_LISTS)
    next_events = EvaluationLists(
        build_next_event_case(before, test, rows), _corpus_rows(data)[data.split.test[rows]]
    )
    items = ServedItems.of(model.predictor, data.dataset.items, PART_TEST)
    return (
        evaluate_ranking(model, items, baselines.fitted, at_cutoff, facts),
        evaluate_ranking(model, items, baselines.fitted, next_events, facts),
        baselines.refused,
    )


def _corpus_rows(data: JobData) -> np.ndarray:
    """[n] the corpus row of each log row; the corpus is sorted by user."""
    rows = np.empty_like(data.corpus.log_rows)
    rows[data.corpus.log_rows] = np.arange(len(rows))
    return rows


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
    )
