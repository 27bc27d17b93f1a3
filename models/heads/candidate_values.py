"""From logits to one value per head and candidate: calibrated predictions, and their reduction by the subject's labels.

The service and the evaluation call these functions, so that both fuse the same values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Floats
from models.contract.calibration import Calibration
from models.contract.tasks import NEXT, Head
from models.heads.next import predict_next
from models.heads.protocol import Subject
from models.heads.registry import find_kind


@dataclass(frozen=True, slots=True)
class SubjectLabels:
    """The labels 0/1 [n, classes] of n candidates for a head, from the item or from the moment of the request."""

    of_items: Callable[[Head], Floats]
    of_moments: Callable[[Head], Floats]

    def of(self, head: Head) -> Floats | None:
        """The labels of the head's subject; None without a subject."""
        match find_kind(head.task.kind).subject:
            case Subject.ITEM:
                return self.of_items(head)
            case Subject.MOMENT:
                return self.of_moments(head)
            case Subject.NOTHING:
                return None


def predict_heads(
    heads: Sequence[Head],
    logits: Mapping[str, Floats],
    calibrations: Mapping[str, Calibration],
    log_partitions: Doubles,
) -> dict[str, Floats]:
    """Head -> calibrated predictions of logits [n, width], of the heads in `logits`, `next` first.

    `log_partitions` of `next` are [1] or [n].
    """
    predictions = {}
    if NEXT in logits:
        predictions[NEXT] = predict_next(logits[NEXT], calibrations[NEXT], log_partitions)
    for head in heads:
        name = head.task.name
        if name not in logits:
            continue
        predictions[name] = _predict(head, logits[name], calibrations[name])
    return predictions


def _predict(head: Head, logits: Floats, calibration: Calibration) -> Floats:
    """Calibrated predictions [n, width] of one head; those of rows that are one in memory are computed once."""
    predict = find_kind(head.task.kind).predict
    if len(logits) > 1 and logits.strides[0] == 0:
        return np.broadcast_to(predict(head.task, logits[:1], calibration), logits.shape)
    return predict(head.task, logits, calibration)


def reduce_predictions(
    heads: Sequence[Head], predictions: Mapping[str, Floats], labels: SubjectLabels
) -> dict[str, Floats]:
    """Head -> one value [n] per candidate from predictions [n, width] of some heads; `next` has the only column."""
    values = {NEXT: predictions[NEXT][:, 0]} if NEXT in predictions else {}
    for head in heads:
        name = head.task.name
        if name not in predictions:
            continue
        values[name] = find_kind(head.task.kind).value(predictions[name], labels.of(head))
    return values
