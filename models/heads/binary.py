"""The kind "binary": the probability that a condition on the interaction is true."""

from typing import TYPE_CHECKING

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration, sigmoid
from models.contract.tasks import Task
from models.heads.protocol import HeadKind, LabelRule, Subject, TowerInput
from models.heads.scaling import fit_platt, keep_scale
from models.heads.targets import Targets
from models.heads.value import take_output

if TYPE_CHECKING:
    from torch import Tensor

FIGURES = ("auc", "pr_auc", "log_loss", "ece", "accuracy", "precision", "recall", "f1")


def find_fault(task: Task, targets: Targets, rows: Indices) -> str | None:
    """Reject a condition that is true for all training rows, or for none."""
    values = np.unique(targets.at(rows))
    if len(values) > 1:
        return None
    given = "none" if values[0] == 0 else "all"
    return (
        "label: expected training rows for which it holds and others, "
        f"given {given} of {len(rows):,} for which {task.label} holds"
    )


def cross_entropy(task: Task, logits: "Tensor", targets: "Tensor") -> "Tensor":
    """Binary cross-entropy in nats, mean over rows and columns; positives are weighted by `positive_weight`."""
    import torch
    from torch.nn import functional as F  # noqa: N812

    weight = torch.tensor(task.positive_weight, device=logits.device)
    return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=weight)


def fit_probability(_task: Task, logits: Floats, targets: Floats) -> Calibration:
    """Fit Platt scaling on logits and targets 0/1 [m, width]."""
    return fit_platt(logits, targets)


def predict_probability(_task: Task, logits: Floats, calibration: Calibration) -> Floats:
    """Probabilities [n, width], each column independent."""
    return sigmoid(calibration.scale * logits + calibration.shift)


BINARY = HeadKind(
    name="binary",
    label=LabelRule(column=None, sources=(), expected='a condition such as "value >= 4"'),
    needs_range=False,
    subject=Subject.NOTHING,
    tower=TowerInput(pair=True, context=True),
    user_tower=TowerInput(pair=False, context=True),
    find_fault=find_fault,
    loss=cross_entropy,
    raw_calibration=keep_scale,
    fit_calibration=fit_probability,
    predict=predict_probability,
    value=take_output,
    metrics={figure: figure for figure in FIGURES},
    main_metric="auc",
    reliability=True,
)
