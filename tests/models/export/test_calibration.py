"""A head is calibrated in the way of its kind, where there are enough rows."""

import numpy as np
import pytest

from models.contract.calibration import Calibration
from models.contract.tasks import Head, Task
from models.export.calibration import MIN_ROWS, calibrate
from models.heads.registry import find_kind

LIKE = Head(task=Task(name="like", kind="binary", label="value >= 4"))
RATING = Head(task=Task(name="rating", kind="regression", label="value", range=(1, 5)))


@pytest.mark.parametrize("rows", [0, 1, MIN_ROWS - 1])
def test_few_rows_calibrate_nothing(rows: int):
    logits = np.full((rows, 1), 3, np.float32)
    assert calibrate(LIKE, logits, np.zeros_like(logits)) == Calibration()
    assert calibrate(RATING, logits, logits) == Calibration(scale=2, shift=3)


@pytest.mark.parametrize("head", [LIKE, RATING], ids=["like", "rating"])
def test_enough_rows_give_the_fit_of_the_kind(head: Head):
    random = np.random.default_rng(0)
    logits = random.normal(size=(MIN_ROWS, 1)).astype(np.float32)
    targets = (logits + random.normal(size=logits.shape) > 0).astype(np.float32)
    found = calibrate(head, logits, targets)
    assert found == find_kind(head.task.kind).fit_calibration(head.task, logits, targets)
    assert found != find_kind(head.task.kind).raw_calibration(head.task)
