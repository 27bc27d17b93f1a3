"""The registry of head kinds. A new kind is one file in this folder and one name here."""

from models.contract.tasks import Per, Task
from models.heads.binary import BINARY
from models.heads.context import CONTEXT
from models.heads.multilabel import MULTILABEL
from models.heads.protocol import HeadKind, TowerInput
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


def read_tower(task: Task) -> TowerInput:
    """The input of a task's tower; raises HeadKindError for a task a user of a kind that has none."""
    kind = find_kind(task.kind)
    if task.per is Per.EVENT:
        return kind.tower
    if kind.user_tower is None:
        names = " or ".join(repr(name) for name, other in HEAD_KINDS.items() if other.user_tower is not None)
        raise HeadKindError(
            "per", f"expected event, or a task of the kind {names}, given user for {task.kind!r}"
        )
    return kind.user_tower


def check_task(task: Task) -> None:
    """Raise HeadKindError for a task of an unknown kind, or with a field that does not suit its kind."""
    if find_kind(task.kind).needs_range and task.range is None:
        raise HeadKindError("range", f"expected [low, high] for a {task.kind} task, given none")
    read_tower(task)
