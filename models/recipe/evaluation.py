"""Evaluate: the network and the baselines on the test part, as the bundle's report."""

import time
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
from rich.console import Console

from models.evaluation.baselines.selection import fit_baselines
from models.evaluation.evaluate import (
    MOST_LISTS,
    Judge,
    Lists,
    content_vectors,
    head_reports,
    item_facts,
    ranking_table,
)
from models.evaluation.inference import Reader, spread
from models.evaluation.protocols import new_events, next_event
from models.evaluation.report.schema import DataCounts, Epoch, RankingTable, Report
from models.job.spec import JobSpec
from models.recipe.ingestion import Ingested
from models.recipe.training import (
    Trained,
    cutoff_case,
    first_rows_of_case,
    interactions_before,
    interactions_of,
)
from models.training.corpus import PART_TEST, PART_VALID


def evaluated(job: JobSpec, data: Ingested, run: Trained, console: Console) -> Report:
    """Measured on the test part, which nothing was fitted on; without a test part the tables are empty."""
    began = time.monotonic()
    judge = Judge(Reader.of(run.network, data.corpus, run.device), run.fitted.calibrations, run.fitted.fusion)
    cutoff = following = RankingTable(lists=0)
    refused: dict[str, str] = {}
    if len(data.split.test):
        console.print("evaluating on the test part, next to the baselines")
        cutoff, following, refused = _tables(data, judge)
        if not following.lists:
            console.print("nobody takes anything new in the test part: no list was there to measure")
    heads = head_reports(judge)
    created = datetime.now(UTC)
    seconds = data.timings | run.seconds | {"evaluate": time.monotonic() - began}
    return Report(
        job=job.name,
        model_version=f"{job.name}-{created:%Y%m%dT%H%M%S}",
        created_at=created.isoformat(timespec="seconds"),
        data=_counts(data),
        cleaning={name: int(count) for name, count in asdict(data.dataset.cleaning).items()},
        at_cutoff=cutoff,
        next_event=following,
        refused=refused,
        heads=heads,
        training=tuple(
            Epoch(
                epoch=one.epoch,
                train_loss=one.train,
                valid_loss=one.valid.get("next", float("nan")),
                seconds=one.seconds,
            )
            for one in run.figures
        ),
        fusion_weights=dict(run.fitted.fusion.weights),
        timings={name: round(value, 2) for name, value in seconds.items()},
    )


def _tables(data: Ingested, judge: Judge) -> tuple[RankingTable, RankingTable, dict[str, str]]:
    """Lists at the cutoff, lists before each event, and the baselines that the data is too large for."""
    before = interactions_before(data, PART_TEST)
    found = fit_baselines(interactions_before(data, PART_VALID), cutoff_case(data, PART_VALID), before)
    facts = item_facts(data.dataset, before, content_vectors(judge))
    case = cutoff_case(data, PART_TEST)
    cutoff = Lists(case, first_rows_of_case(data.corpus, PART_TEST, case)).few(MOST_LISTS)
    test = interactions_of(data, data.split.test)
    rows = spread(new_events(before, test), MOST_LISTS)
    following = Lists(next_event(before, test, rows), _corpus_rows(data)[data.split.test[rows]])
    return (
        ranking_table(judge, found.fitted, cutoff, facts),
        ranking_table(judge, found.fitted, following, facts),
        found.refused,
    )


def _corpus_rows(data: Ingested) -> np.ndarray:
    """Log row -> row of the corpus, whose events are sorted by user."""
    rows = np.empty_like(data.corpus.log_rows)
    rows[data.corpus.log_rows] = np.arange(len(rows))
    return rows


def _counts(data: Ingested) -> DataCounts:
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
