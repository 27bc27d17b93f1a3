"""Build the report of an evaluation from its rankings and the figures of the heads."""

import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np

from models.contract.arrays import Indices
from models.contract.tasks import NEXT
from models.evaluation.report.schema import DataCounts, Epoch, HeadReport, ObjectiveRow, RankingTable, Report
from models.evaluation.report.warnings import add_warnings
from models.job.settings import list_settings
from models.recipe.ingestion import JobData
from models.recipe.privacy import report_privacy
from models.recipe.training import TrainingRun


@dataclass(frozen=True, slots=True)
class Rankings:
    """Both ranking tables, the baselines that were left out with the reason, and the events that count as right."""

    at_cutoff: RankingTable
    next_event: RankingTable
    refused: dict[str, str]
    relevant_actions: dict[str, int]
    objective_at_cutoff: tuple[ObjectiveRow, ...] = ()
    objective_next_event: tuple[ObjectiveRow, ...] = ()


def build_report(
    data: JobData,
    run: TrainingRun,
    rankings: Rankings,
    heads: tuple[HeadReport, ...],
    seconds: dict[str, float],
) -> Report:
    """The report of a run, with its warnings; `seconds` by step."""
    job = data.job
    created = datetime.now(UTC)
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
            link_settings={} if run.fitted.links is None else dict(run.fitted.links.settings._asdict()),
            lower_is_better=tuple(head.headline_name for head in heads if head.lower_is_better),
            timings={name: round(value, 2) for name, value in seconds.items()},
        )
    )


def count_actions(data: JobData, rows: Indices) -> dict[str, int]:
    """Action -> the number of log rows `rows` with it, the most frequent first."""
    log = data.dataset.interactions
    counts = np.bincount(log.actions[rows], minlength=len(log.action_names)).tolist()
    pairs = sorted(zip(log.action_names, counts, strict=True), key=lambda pair: -pair[1])
    return {name: count for name, count in pairs if count}


def _list_epochs(run: TrainingRun) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(
            epoch=epoch.epoch,
            train_loss=epoch.train,
            valid_loss=epoch.valid.get(NEXT, math.nan),
            valid_ndcg=math.nan if epoch.gain is None else epoch.gain,
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
