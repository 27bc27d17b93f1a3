"""The loss of a task head, with a mask."""

from torch import Tensor

from models.contract.tasks import Task
from models.heads.registry import find_kind


def task_loss(task: Task, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
    """A head's loss: logits and targets [P, width], known bool [P]; mean over the known rows, 0 where there is none.

    The loss of a row is that of the task's kind (models.heads).
    """
    logits, targets = logits[known], targets[known]
    if not len(logits):
        return logits.sum() * 0
    return find_kind(task.kind).loss(task, logits, targets)
