"""Values of two candidates by hand: a head without a subject, one on the item's labels, one on the moment's."""

import numpy as np

from models.contract.calibration import Calibration
from models.contract.tasks import NEXT, Head, Task
from models.heads.candidate_values import SubjectLabels, predict_heads, reduce_predictions
from models.heads.next import sum_partitions

LIKE = Head(task=Task(name="like", kind="binary", label="value >= 4"))
GENRE = Head(task=Task(name="genre", kind="multilabel", label="item.genres"), classes=("a", "b"))
DEVICE = Head(task=Task(name="device", kind="context", label="context.device"), classes=("tv", "phone"))
HEADS = (LIKE, GENRE, DEVICE)
LOG_3 = float(np.log(3))


def floats(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_values_by_hand():
    """Each logit is the log of the odds 3 to 1 or 1 to 1; `next` is the softmax over three items."""
    logits = {
        NEXT: floats([0], [LOG_3]),
        "like": floats([LOG_3], [0]),
        "genre": floats([LOG_3, 0], [LOG_3, 0]),
        "device": floats([LOG_3, 0], [0, 0]),
    }
    partitions = sum_partitions(floats([0, LOG_3, 0]), Calibration())
    np.testing.assert_allclose(np.exp(partitions), [5], rtol=1e-6)
    calibrations = {name: Calibration() for name in logits}
    predictions = predict_heads(HEADS, logits, calibrations, partitions)
    labels = SubjectLabels(
        of_items=lambda head: {"genre": floats([1, 0], [1, 1])}[head.task.name],
        of_moments=lambda head: {"device": floats([1, 0], [0, 1])}[head.task.name],
    )
    values = reduce_predictions(HEADS, predictions, labels)
    assert [*values] == [NEXT, "like", "genre", "device"]
    np.testing.assert_allclose(values[NEXT], [0.2, 0.6], rtol=1e-5)
    np.testing.assert_allclose(values["like"], [0.75, 0.5], rtol=1e-5)
    np.testing.assert_allclose(values["genre"], [0.75, 0.625], rtol=1e-5)
    np.testing.assert_allclose(values["device"], [0.75, 0.5], rtol=1e-5)
