"""The fits of an update: the published ones, replaced where the new events are enough to fit on."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.console import Console

from models.contract.calibration import Calibration
from models.contract.catalogue import Item
from models.contract.even_sample import take_evenly
from models.contract.features import item_text
from models.contract.tasks import NEXT
from models.evaluation.candidates import ServedItems, predict_events, score_candidates
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

LEAST_EVENTS = 500
"""With fewer new validation events with a label, a head keeps its calibration: two numbers are fitted on them."""
LEAST_LISTS, MOST_LISTS = 100, 300
"""With fewer validation lists of both protocols the fusion stays; the most lists of each."""
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
    """Fit calibrations and fusion on the validation part, which is new and which the network has not learned from."""
    began = time.monotonic()
    predictor = run.open_predictor(data)
    rows = np.flatnonzero(data.corpus.part == PART_VALID)
    observed = predict_events(predictor, take_evenly(rows, MAX_EVENTS))
    fitted = calibrate_heads(predictor, observed)
    if int((data.corpus.weights[observed.rows] > 0).sum()) >= LEAST_EVENTS:
        fitted[NEXT] = fit_next_temperature(predictor, observed.rows)
    enough = {
        labels.head.task.name
        for labels in data.corpus.labels
        if int(labels.has_target(observed.rows).sum()) >= LEAST_EVENTS
    }
    fresh = {name: scale for name, scale in fitted.items() if name == NEXT or name in enough}
    calibrations = dict(run.fitted.calibrations) | fresh
    fit = replace(
        run.fitted, calibrations=calibrations, figures=measure_heads(predictor, observed, calibrations)
    )
    fit, lists = _fit_fusion(data, replace(run, fitted=fit), predictor, calibrations)
    kept = sorted(calibrations.keys() - fresh.keys())
    console.print(
        f"fitted on {len(rows):,} new events: calibrations of {', '.join(sorted(fresh)) or 'no head'}"
        f"{f' ({LEAST_EVENTS} are needed; as they were: ' + ', '.join(kept) + ')' if kept else ''}; "
        + (f"fusion on {lists} lists" if lists >= LEAST_LISTS else f"fusion as it was ({lists} lists)")
    )
    seconds = run.seconds.get("fit", 0.0) + time.monotonic() - began
    return replace(run, fitted=fit, seconds=run.seconds | {"fit": seconds})


def _fit_fusion(
    data: JobData, run: TrainingRun, predictor: CorpusPredictor, calibrations: dict[str, Calibration]
) -> tuple[ValidationFit, int]:
    """The fits with the fusion of the validation lists, and their number; unchanged with fewer than LEAST_LISTS."""
    samples = (
        build_evaluation_lists(data, PART_VALID).take_evenly(MOST_LISTS),
        build_next_event_lists(data, PART_VALID, MOST_LISTS),
    )
    count = sum(len(sample.case) for sample in samples)
    if count < LEAST_LISTS:
        return run.fitted, count
    predictor = replace(predictor, links=run.fitted.build_links(data.corpus, PART_VALID))
    served = ServedItems.of(predictor, data.dataset.items, PART_VALID)
    judged = [
        judge_candidates(
            sample, score_candidates(predictor, sample, served, calibrations, Budget(CANDIDATES))
        )
        for sample in samples
    ]
    job = data.job
    worth = price_outcomes(data.corpus, job.objective_weights)
    return replace(run.fitted, fusion=fit_fusion(join_lists(judged), job.fusion, worth)), count
