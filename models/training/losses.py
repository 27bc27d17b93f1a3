"""The masked loss of a task head."""

from torch import Tensor

from models.contract.tasks import Task
from models.heads.registry import find_kind


def task_loss(task: Task, logits: Tensor, targets: Tensor, has_label: Tensor) -> Tensor:
    """The mean loss of a task over the rows with a label; 0 if there are none.

    logits and targets [P, width], has_label bool [P]. The task's kind defines the loss (models.heads).
    """
    logits, targets = logits[has_label], targets[has_label]
    if not len(logits):
        return logits.sum() * 0
    return find_kind(task.kind).loss(task, logits, targets)
