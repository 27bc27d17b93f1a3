"""The kind "regression": a number within the task's range."""

from typing import TYPE_CHECKING

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.feature_spec import FieldKind
from models.contract.tasks import Task
from models.heads.protocol import HeadKind, LabelRule, Subject, TowerInput
from models.heads.targets import Targets
from models.heads.value import take_output

if TYPE_CHECKING:
    from torch import Tensor

MAX_OUTSIDE_SHARE = 0.9
"""If at least this share of the labels is outside the range, the range is rejected as a mistake."""


def require_range(task: Task) -> tuple[float, float]:
    """The task's [low, high]; raises ValueError if it has none."""
    if task.range is None:
        raise ValueError(f"expected a range: [low, high] for the task {task.name}, given none")
    return task.range


def find_fault(task: Task, targets: Targets, rows: Indices) -> str | None:
    """Reject a range that contains almost none of the training labels."""
    low, high = require_range(task)
    values = targets.at(rows)
    outside = int(((values < low) | (values > high)).sum())
    if outside < MAX_OUTSIDE_SHARE * len(rows):
        return None
    return (
        "range: expected a range that the labels of the training rows lie in, given "
        f"[{low:g}, {high:g}] for labels from {values.min():g} to {values.max():g}"
    )


def squared_error(task: Task, logits: "Tensor", targets: "Tensor") -> "Tensor":
    """Mean squared error in units of half the range."""
    from torch.nn import functional as F  # noqa: N812

    return F.mse_loss(logits, scale_targets(targets, *require_range(task)))


def scale_targets(targets: "Tensor", low: float, high: float) -> "Tensor":
    """Map targets linearly from [low, high] to [-1, 1], the scale of the network's output."""
    return (2 * targets - low - high) / (high - low)


def unit_calibration(task: Task) -> Calibration:
    """The calibration that maps [-1, 1] to [low, high], the task's unit."""
    low, high = require_range(task)
    return Calibration(scale=(high - low) / 2, shift=(high + low) / 2)


def fit_line(task: Task, logits: Floats, targets: Floats) -> Calibration:
    """Fit a line by least squares; `unit_calibration` if its slope would not be positive or the logits are constant."""
    x, y = logits[:, 0], targets[:, 0]
    variance = float(np.var(x))
    covariance = float(np.mean((x - x.mean()) * (y - y.mean())))
    if variance <= 0 or covariance <= 0:
        return unit_calibration(task)
    scale = covariance / variance
    return Calibration(scale=scale, shift=float(y.mean() - scale * x.mean()))


def predict_number(task: Task, logits: Floats, calibration: Calibration) -> Floats:
    """Numbers [n, 1] in the task's unit, clipped to its range."""
    low, high = require_range(task)
    return np.asarray(np.clip(calibration.scale * logits + calibration.shift, low, high), dtype=np.float32)


REGRESSION = HeadKind(
    name="regression",
    label=LabelRule(
        column=FieldKind.NUMERIC,
        sources=("value", "label"),
        expected="value or label. and a column (the head is given the item's fields as features)",
    ),
    needs_range=True,
    subject=Subject.NOTHING,
    tower=TowerInput(pair=True, context=True),
    user_tower=None,
    find_fault=find_fault,
    loss=squared_error,
    raw_calibration=unit_calibration,
    fit_calibration=fit_line,
    predict=predict_number,
    value=take_output,
    metrics={"rmse": "rmse", "mae": "mae"},
    main_metric="rmse",
    reliability=False,
)
