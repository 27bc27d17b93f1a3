"""The kind "regression": a number within the task's range."""

import numpy as np
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.feature_spec import FieldKind
from models.contract.tasks import Task
from models.heads.protocol import HeadKind, LabelRule, Subject, TowerInput
from models.heads.targets import Targets
from models.heads.value import take_output

MOST_OUTSIDE = 0.9
"""Where this share of the labels lies outside the range, the range is a mistake."""


def range_of(task: Task) -> tuple[float, float]:
    """The task's [low, high]; raises ValueError where it has none."""
    if task.range is None:
        raise ValueError(f"expected a range: [low, high] for the task {task.name}, given none")
    return task.range


def find_fault(task: Task, targets: Targets, rows: Indices) -> str | None:
    """A range that nearly none of the training labels lie in."""
    low, high = range_of(task)
    values = targets.at(rows)
    outside = int(((values < low) | (values > high)).sum())
    if outside < MOST_OUTSIDE * len(rows):
        return None
    return (
        "range: expected a range that the labels of the training rows lie in, given "
        f"[{low:g}, {high:g}] for labels from {values.min():g} to {values.max():g}"
    )


def squared_error(task: Task, logits: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error in units of half the range."""
    return F.mse_loss(logits, scale_targets(targets, *range_of(task)))


def scale_targets(targets: Tensor, low: float, high: float) -> Tensor:
    """[low, high] -> [-1, 1], the scale of the network's output."""
    return (2 * targets - low - high) / (high - low)


def unit_scale(task: Task) -> Calibration:
    """[-1, 1] -> [low, high], the task's unit."""
    low, high = range_of(task)
    return Calibration(scale=(high - low) / 2, shift=(high + low) / 2)


def fit_line(task: Task, logits: Floats, targets: Floats) -> Calibration:
    """Least squares; the task's own unit where the line would fall or the logits do not vary."""
    x, y = logits[:, 0], targets[:, 0]
    variance = float(np.var(x))
    covariance = float(np.mean((x - x.mean()) * (y - y.mean())))
    if variance <= 0 or covariance <= 0:
        return unit_scale(task)
    scale = covariance / variance
    return Calibration(scale=scale, shift=float(y.mean() - scale * x.mean()))


def predict_number(task: Task, logits: Floats, calibration: Calibration) -> Floats:
    """Numbers [n, 1] in the task's unit, clipped to its range."""
    low, high = range_of(task)
    return np.asarray(np.clip(calibration.scale * logits + calibration.shift, low, high), dtype=np.float32)


REGRESSION = HeadKind(
    name="regression",
    label=LabelRule(
        column=FieldKind.NUMERIC, sources=("value", "item"), expected="value, or item. and a numeric field"
    ),
    needs_range=True,
    subject=Subject.NOTHING,
    tower=TowerInput(pair=True, context=True),
    find_fault=find_fault,
    loss=squared_error,
    raw_calibration=unit_scale,
    fit_calibration=fit_line,
    predict=predict_number,
    value=take_output,
    metrics={"rmse": "rmse", "mae": "mae"},
    main_metric="rmse",
    reliability=False,
)
