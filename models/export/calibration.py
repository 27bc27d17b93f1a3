"""Calibration of a task head on the validation split."""

from models.contract.arrays import Floats
from models.contract.calibration import Calibration
from models.contract.tasks import Head
from models.heads.registry import find_kind

MIN_ROWS = 50
"""With fewer labelled rows than this, a head keeps its kind's raw calibration."""


def calibrate(head: Head, logits: Floats, targets: Floats) -> Calibration:
    """Fit a head's calibration on logits and targets [n, width] by the method of its kind."""
    kind = find_kind(head.task.kind)
    if len(logits) < MIN_ROWS:
        return kind.raw_calibration(head.task)
    return kind.fit_calibration(head.task, logits, targets)
