"""The registry of head kinds. A new kind is one file in this folder and one name here."""

from models.contract.tasks import Task
from models.heads.binary import BINARY
from models.heads.context import CONTEXT
from models.heads.multilabel import MULTILABEL
from models.heads.protocol import HeadKind
from models.heads.regression import REGRESSION

HEAD_KINDS: dict[str, HeadKind] = {kind.name: kind for kind in (BINARY, REGRESSION, MULTILABEL, CONTEXT)}


class HeadKindError(ValueError):
    """A task of an unknown kind, or without a field that its kind needs; `key` names the field at fault."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def find_kind(name: str) -> HeadKind:
    """The head kind with this name; raises HeadKindError for an unknown name."""
    if name not in HEAD_KINDS:
        *others, last = map(repr, HEAD_KINDS)
        raise HeadKindError("kind", f"expected {', '.join(others)} or {last}, given {name!r}")
    return HEAD_KINDS[name]


def check_task(task: Task) -> None:
    """Raise HeadKindError for a task of an unknown kind, or without the range that its kind needs."""
    if find_kind(task.kind).needs_range and task.range is None:
        raise HeadKindError("range", f"expected [low, high] for a {task.kind} task, given none")
