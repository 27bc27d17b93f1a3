"""Heads of every kind, and data that suits them."""

from collections.abc import Callable

import numpy as np
import pytest

from models.contract.tasks import Head, Task
from models.heads.registry import HEAD_KINDS, find_kind


def head_of(kind: str, classes: tuple[str, ...] | None = None, **more) -> Head:
    """A head that its kind accepts, with three classes where the kind has classes."""
    if find_kind(kind).needs_range:
        more = {"range": (1, 5)} | more
    usual = ("a", "b", "c") if kind in ("multilabel", "context") else ()
    return Head(
        task=Task(name="x", kind=kind, label="value", **more), classes=usual if classes is None else classes
    )


def targets_of(head: Head, scores: np.ndarray) -> np.ndarray:
    """Targets [n, width] that follow scores [n, width]."""
    if head.task.kind == "context":
        return np.eye(head.width, dtype=np.float32)[scores.argmax(1)]
    if head.task.kind == "regression":
        return np.clip(3 + scores, 1, 5).astype(np.float32)
    return (scores > 0).astype(np.float32)


@pytest.fixture
def make_head() -> Callable[..., Head]:
    return head_of


@pytest.fixture
def make_targets() -> Callable[[Head, np.ndarray], np.ndarray]:
    return targets_of


@pytest.fixture(params=list(HEAD_KINDS))
def head(request) -> Head:
    """One head of each registered kind."""
    return head_of(request.param)
