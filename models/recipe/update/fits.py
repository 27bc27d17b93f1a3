"""The fits of an update: the published ones, replaced where the new events are enough to fit on."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from rich.console import Console

from models.contract.calibration import Calibration
from models.contract.catalogue import Item
from models.contract.even_sample import take_evenly
from models.contract.features import item_text
from models.contract.fusion import Fusion
from models.contract.tasks import NEXT
from models.evaluation.candidates import EventLogits, ServedItems, predict_events, score_candidates
from models.evaluation.inference import CorpusPredictor
from models.export.content_gains import NO_CONTENT
from models.export.diversity import DiversityFit
from models.export.fitting import (
    MAX_EVENTS,
    ValidationFit,
    calibrate_heads,
    fit_next_temperature,
    judge_candidates,
    measure_heads,
    price_outcomes,
)
from models.export.fusion import fit_fusion, join_lists
from models.export.links import LinkFit
from models.export.regression import RegressionSettings
from models.ranking.budget import CANDIDATES, Budget
from models.recipe.evaluation_lists import build_evaluation_lists, build_next_event_lists
from models.recipe.ingestion import JobData
from models.recipe.training import TrainingRun
from models.recipe.update.published import PublishedBundle
from models.training.corpus import PART_VALID

LEAST_USERS, LEAST_EVENTS = 100, 500
"""With fewer new users of the validation part all fits stay, since events of one user are alike (docs/measurements.md).

With fewer events with a label a head keeps its calibration: two numbers are fitted on them.
"""
MOST_LISTS = 300
"""The most validation lists of each protocol to fit the fusion on."""
USUAL_LINKS = RegressionSettings(penalty=100.0, content=0.0)
"""The settings of the item links of a bundle whose report does not name them."""


def adopt_fit(published: PublishedBundle, data: JobData) -> ValidationFit:
    """The fits of the published bundle, as those of a run."""
    manifest = published.manifest
    return ValidationFit(
        recency=manifest.recency,
        calibrations=dict(manifest.calibrations),
        fusion=manifest.fusion,
        figures={},
        diversity=DiversityFit(manifest.diversity, ()),
        links=adopt_links(published, data.dataset.items),
    )


def adopt_links(published: PublishedBundle, items: Sequence[Item]) -> LinkFit | None:
    """The gains of the published links, with which the tables are counted anew."""
    gains, found = published.manifest.links, published.report.link_settings
    if gains is None:
        return None
    settings = RegressionSettings(**found) if found else USUAL_LINKS
    texts = [item_text(published.spec, item) for item in items]
    content = NO_CONTENT._replace(gain=gains.content, level=gains.level)
    plain = gains.model_copy(update={"content": 0.0, "level": 0.0})
    return LinkFit(settings, plain, 0.0, 0.0, texts, content)


def fit_again(data: JobData, run: TrainingRun, console: Console) -> TrainingRun:
    """Fit calibrations and fusion on the validation part, which is new and which the network has not learned from.

    They stay as they were published where the part has too few users.
    """
    began = time.monotonic()
    predictor = run.open_predictor(data)
    rows = np.flatnonzero(data.corpus.part == PART_VALID)
    users = len(np.unique(data.corpus.user_of(rows)))
    observed = predict_events(predictor, take_evenly(rows, MAX_EVENTS))
    fresh = _calibrate(data, predictor, observed) if users >= LEAST_USERS else {}
    calibrations = dict(run.fitted.calibrations) | fresh
    figures = measure_heads(predictor, observed, calibrations)
    fitted = replace(run.fitted, calibrations=calibrations, figures=figures)
    if users >= LEAST_USERS:
        fitted = replace(fitted, fusion=_fit_fusion(data, fitted, predictor))
    console.print(_describe(len(rows), users, fresh, calibrations))
    seconds = run.seconds.get("fit", 0.0) + time.monotonic() - began
    return replace(run, fitted=fitted, seconds=run.seconds | {"fit": seconds})


def _calibrate(data: JobData, predictor: CorpusPredictor, observed: EventLogits) -> dict[str, Calibration]:
    """The calibrations of the heads that have LEAST_EVENTS observed events with a label."""
    fitted = calibrate_heads(predictor, observed)
    counts = {
        labels.head.task.name: int(labels.has_target(observed.rows).sum()) for labels in data.corpus.labels
    }
    fresh = {name: scale for name, scale in fitted.items() if counts[name] >= LEAST_EVENTS}
    if int((data.corpus.weights[observed.rows] > 0).sum()) >= LEAST_EVENTS:
        fresh[NEXT] = fit_next_temperature(predictor, observed.rows)
    return fresh


def _describe(
    events: int, users: int, fresh: Mapping[str, Calibration], calibrations: Mapping[str, Calibration]
) -> str:
    """A line on what was fitted, and what stayed as it was published."""
    if users < LEAST_USERS:
        return (
            f"{events:,} new events of {users} users to fit on, fewer than {LEAST_USERS}: calibrations and fusion "
            "stay as they were published"
        )
    kept = sorted(calibrations.keys() - fresh.keys())
    others = (
        f"; as they were published, with fewer than {LEAST_EVENTS} labels: {', '.join(kept)}" if kept else ""
    )
    return f"fusion and calibrations of {', '.join(sorted(fresh))} fitted on {events:,} new events{others}"


def _fit_fusion(data: JobData, fitted: ValidationFit, predictor: CorpusPredictor) -> Fusion:
    """The fusion of the validation lists."""
    samples = (
        build_evaluation_lists(data, PART_VALID).take_evenly(MOST_LISTS),
        build_next_event_lists(data, PART_VALID, MOST_LISTS),
    )
    predictor = replace(predictor, links=fitted.build_links(data.corpus, PART_VALID))
    served = ServedItems.of(predictor, data.dataset.items, PART_VALID)
    judged = []
    for sample in samples:
        scored = score_candidates(predictor, sample, served, fitted.calibrations, Budget(CANDIDATES))
        judged.append(judge_candidates(sample, scored))
    worth = price_outcomes(data.corpus, data.job.objective_weights)
    return fit_fusion(join_lists(judged), data.job.fusion, worth)
