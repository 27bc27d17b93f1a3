"""Train the network of one trial, and measure its lists on validation."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Doubles
from models.contract.tasks import NEXT
from models.evaluation.candidates import EvaluationLists
from models.evaluation.full_ranking import K, match_relevant, rank_top
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.metrics.ndcg import ndcg
from models.export.fitting import MAX_LISTS
from models.export.recency import fit_recency
from models.job.spec import JobError, JobSpec
from models.recipe.evaluation_lists import build_evaluation_lists, build_next_event_lists
from models.recipe.ingestion import JobData
from models.recipe.time_budget import TimeBudget
from models.recipe.training import build_network
from models.training.corpus import PART_TRAIN, PART_VALID
from models.training.early_stopping import EpochFigures
from models.training.loop import Progress, Trainer, detect_device
from models.training.snapshots import compute_statistics

MOST_LISTS = 2_000
"""Lists before validation events, by which trials are compared."""


class DivergedError(Exception):
    """Training gave a loss that is not finite."""


@dataclass(frozen=True, slots=True)
class TrialLists:
    """The validation lists of all trials of a study."""

    at_cut: EvaluationLists
    next_events: EvaluationLists


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """The figures of a trained trial."""

    ndcg: float  # NDCG@10 before validation events: the figure that is searched for
    error: float  # its standard error over the lists
    at_cut: float  # NDCG@10 at the beginning of the validation part
    loss: float  # of `next` on validation, in the best epoch
    epochs: int
    seconds: float
    was_cut: bool  # training.max_minutes ended the training


def prepare_lists(data: JobData) -> TrialLists:
    """The validation lists of a job; raises JobError if no user takes anything new there."""
    lists = TrialLists(
        build_evaluation_lists(data, PART_VALID).take_evenly(MAX_LISTS),
        build_next_event_lists(data, PART_VALID, MOST_LISTS),
    )
    if not len(lists.next_events.case):
        raise JobError(
            "split.valid: expected validation events of items that are new to their users, by which trials are "
            "compared, given none"
        )
    return lists


def train_trial(
    data: JobData, lists: TrialLists, report: Callable[[EpochFigures], None], show: Progress
) -> TrialFigures:
    """Train as `chorus train` does before its refreshes, and measure the lists of `next`.

    `report` gets the figures of each epoch, and may end the training by an error. Raises DivergedError. Every trial has
    the job's seed.
    """
    began, device = time.monotonic(), detect_device()
    network = build_network(data, device)
    parts = frozenset({PART_TRAIN}), frozenset({PART_VALID})
    reserve = TimeBudget.of(data).reserve
    trainer = Trainer(network, data.corpus, data.job.training, device, *parts, reserve=reserve)

    def progress(done: int, steps: int, figures: EpochFigures | None) -> None:
        show(done, steps, figures)
        if figures is not None:
            report(figures)

    try:
        figures = trainer.fit(progress)
    except JobError as error:  # the one fault of a fit: a loss that is not finite
        raise DivergedError(str(error)) from error
    best = trainer.stopping.best
    predictor = CorpusPredictor.of(network, data.corpus, device)
    recency = fit_recency(predictor, (lists.at_cut, lists.next_events))
    predictor = replace(predictor, recency=recency)
    by_list = _measure(predictor, lists.next_events)
    return TrialFigures(
        ndcg=float(by_list.mean()),
        error=float(by_list.std() / np.sqrt(len(by_list))),
        at_cut=float(_measure(predictor, lists.at_cut).mean()),
        loss=float("nan") if best is None else figures[best.epoch].valid[NEXT],
        epochs=len(figures),
        seconds=time.monotonic() - began,
        was_cut=trainer.was_cut,
    )


def set_job(data: JobData, job: JobSpec) -> JobData:
    """The data for the job of a trial. Of all keys that a search may set, only half_life_days changes them."""
    corpus, half_life = data.corpus, job.network.half_life_days
    if half_life != data.job.network.half_life_days:
        statistics = compute_statistics(
            corpus.log, corpus.spec, corpus.moments, len(data.dataset.items), half_life
        )
        corpus = replace(corpus, statistics=statistics)
    return replace(data, job=job, corpus=corpus)


def _measure(predictor: CorpusPredictor, lists: EvaluationLists) -> Doubles:
    """[C] NDCG@10 of each list by the logits of `next`, without pushes, as where the recency gains are fitted."""
    ranked = np.full((len(lists.case), K), NO_ITEM, dtype=np.int64)
    start = 0
    for moments in predictor.encode_moments(lists.rows):
        part = np.arange(start, start + len(moments.rows))
        logits = predictor.next_logits(moments.without_push())
        ranked[part] = rank_top(logits, lists.case.seen[part], K)
        start += len(part)
    matched = match_relevant(ranked, lists.case)
    return ndcg(matched.hits, matched.relevant)
