"""The list of head kinds, and what it refuses."""

import pytest

from models.contract.tasks import Per, Task
from models.heads.registry import HEAD_KINDS, HeadKindError, check_task, find_kind, read_tower


def test_the_kinds():
    assert list(HEAD_KINDS) == ["binary", "regression", "multilabel", "context"]
    assert all(find_kind(name).name == name for name in HEAD_KINDS)


@pytest.mark.parametrize("name", ["odd", "", "next", "Binary"])
def test_an_unknown_kind_is_refused_with_the_known_ones(name: str):
    with pytest.raises(HeadKindError) as raised:
        find_kind(name)
    expected = "expected 'binary', 'regression', 'multilabel' or 'context', given "
    assert str(raised.value) == f"{expected}{name!r}"
    assert raised.value.key == "kind"


def test_a_regression_needs_a_range():
    with pytest.raises(
        HeadKindError, match=r"expected \[low, high\] for a regression task, given none"
    ) as no:
        check_task(Task(name="rating", kind="regression", label="value"))
    assert no.value.key == "range"
    check_task(Task(name="rating", kind="regression", label="value", range=(1, 5)))
    check_task(Task(name="like", kind="binary", label="value >= 4"))


def test_the_tower_of_a_task_a_user_does_not_read_the_item():
    task = Task(name="back", kind="binary", label="value >= 4 within 7d")
    assert read_tower(task).pair
    assert not read_tower(task.model_copy(update={"per": Per.USER})).pair


@pytest.mark.parametrize("kind", ["regression", "multilabel", "context"])
def test_other_kinds_have_no_tasks_a_user(kind: str):
    task = Task(name="back", kind=kind, per=Per.USER, label="value", range=(1, 5))
    with pytest.raises(
        HeadKindError, match="expected event, or a task of the kind 'binary', given user for"
    ) as no:
        check_task(task)
    assert no.value.key == "per"
