"""Labels by hand, for every kind of task, and what is not known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contract.calendar import daypart, weekday
from models.contract.catalogue import Item, User
from models.contract.tasks import Task
from models.data.cleaning import CleaningReport
from models.data.conditions import read_codes
from models.data.dataset import Codes, Dataset, Interactions
from models.data.labels import TaskLabels, find_unlabelled, label
from models.data.split import Split
from models.job.errors import JobError
from models.job.label_expression import Operand

HOUR = 3600.0
TRAIN = np.array([0, 1, 2, 3])
EVERY = np.arange(5)


def dataset(times: Sequence[float] = (1 * HOUR, 7 * HOUR, 7.5 * HOUR, 26 * HOUR, 13 * HOUR)) -> Dataset:
    """Five interactions of two users with four items."""
    count = len(times)
    columns = {
        "users": [0, 0, 1, 1, 0],
        "items": [0, 1, 2, 3, 1],
        "actions": [0, 1, 0, 0, 1],
        "device": [0, -1, 1, 0, 2],
    }
    users, items, actions, device = (np.resize(np.array(column), count) for column in columns.values())
    log = Interactions(
        users=users,
        items=items,
        times=np.array(times, dtype=np.float64),
        values=np.resize(np.array([5, 3, np.nan, 4.2, 1], dtype=np.float32), count),
        actions=actions,
        action_names=("like", "view"),
        contexts={"device": Codes(("desk", "phone", "watch"), device)},
    )
    return Dataset(
        interactions=log,
        user_ids=("a", "b"),
        items=(
            Item("A", {"genres": ("Drama", "War"), "year": 1980.0}),
            Item("B", {"genres": ("Drama",), "year": 1995.0, "brand": "x"}),
            Item("C"),
            Item("D", {"genres": ("Comedy",), "year": 1980.0, "brand": "y"}),
        ),
        users=(User("a", {"gender": "F"}), User("b")),
        timed=True,
        cleaning=CleaningReport(count, count, 0, 0, 0, 0),
    )


@dataclass(frozen=True)
class Labelled:
    """One task's labels, read whole."""

    classes: tuple[str, ...]
    targets: np.ndarray
    known: np.ndarray


def read(labels: TaskLabels) -> Labelled:
    targets = labels.targets_at(EVERY)
    assert targets.dtype == np.float32
    assert targets.shape == (5, labels.head.width)
    return Labelled(labels.head.classes, targets, labels.has_target(EVERY))


def one(kind: str, text: str) -> Labelled:
    span = (1.0, 2000.0) if kind == "regression" else None
    (labels,) = label([Task(name="t", kind=kind, label=text, range=span)], dataset(), TRAIN)
    return read(labels)


@pytest.mark.parametrize(
    ("text", "targets", "known"),
    [
        ("value >= 4", "10010", "11011"),
        ("value >= 4.2", "10010", "11011"),  # in the values' own precision
        ("value in [3, 5]", "11000", "11011"),
        ("not value >= 4", "01001", "11011"),
        ("value != 5", "01011", "11011"),
        ("action == 'like'", "10110", "11111"),
        ("item.year < 1990", "10010", "11011"),
        ("item.genres in ['War', 'Comedy']", "10010", "11011"),
        ("item.brand != 'x'", "00010", "01011"),
        ("context.device == 'desk'", "10010", "10111"),
        ("time.daypart in ['night']", "10010", "11111"),
        ("value >= 4 and user.gender == 'F'", "10000", "11001"),  # row 3 has no gender, row 2 neither
        ("value == 5 or item.brand == 'y'", "10010", "11011"),  # row 1 has another brand
        ("value < 4 and user.gender == 'F'", "01001", "11011"),  # row 3 is false whoever it was
    ],
)
def test_binary(text: str, targets: str, known: str) -> None:
    found = one("binary", text)
    assert "".join(str(int(target)) for target in found.targets[:, 0]) == targets
    assert "".join(str(int(flag)) for flag in found.known) == known
    assert found.classes == ()


def test_regression() -> None:
    found = one("regression", "value")
    assert found.targets[:, 0].tolist() == [5, 3, 0, np.float32(4.2), 1]
    assert found.known.tolist() == [True, True, False, True, True]
    assert one("regression", "item.year").targets[:, 0].tolist() == [1980, 1995, 0, 1980, 1995]


def test_a_label_with_a_window() -> None:
    """User 0 has item 1 at hour 7 as a view and at hour 13 as a view; the log ends at hour 26."""
    viewed = one("binary", "action == 'view' within 6h")
    assert viewed.targets.ravel().tolist() == [0, 1, 0, 0, 1]
    assert viewed.known.tolist() == [True, True, True, False, True]
    task = Task(name="t", kind="binary", label="action == 'view' within 6h")
    (labels,) = label([task], dataset(), np.array([0, 1]), cuts=(13.5 * HOUR, 26 * HOUR))
    assert read(labels).known.tolist() == [True, True, False, False, False]
    with pytest.raises(JobError, match=r"tasks\.t\.label: expected a label in the training rows, given none"):
        label([task], dataset(), np.array([3]))


def test_a_part_without_labels_is_warned_of() -> None:
    """Of the validation part, from hour 20 on, nothing is known six hours later; there is no test part."""
    task = Task(name="t", kind="binary", label="action == 'view' within 6h")
    parts = Split(np.array([0, 1, 2, 4]), np.array([3]), np.array([], dtype=int), 20 * HOUR, 27 * HOUR)
    labels = label([task], dataset(), parts.train, cuts=parts.cuts)
    (warning,) = find_unlabelled(labels, parts)
    assert warning.startswith(
        "tasks.t.label: no event of the validation part has a label, so the head is not calibrated"
    )
    assert not list(find_unlabelled(labels, replace(parts, valid=np.array([0]))))


def test_multilabel() -> None:
    found = one("multilabel", "item.genres")
    assert found.classes == ("Comedy", "Drama", "War")
    assert found.targets.tolist() == [[0, 1, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert found.known.tolist() == [True, True, False, True, True]


def test_classes_come_from_the_training_rows() -> None:
    task = Task(name="genre", kind="multilabel", label="item.genres")
    (labels,) = label([task], dataset(), np.array([1, 2]))
    found = read(labels)
    assert found.classes == ("Drama",)
    assert found.targets[:, 0].tolist() == [1, 1, 0, 0, 1]
    assert found.known.tolist() == [True, True, False, True, True]  # row 3's item is known not to be a drama


def test_context() -> None:
    found = one("context", "time.daypart")
    assert found.classes == ("morning", "night")
    assert found.targets.tolist() == [[0, 1], [1, 0], [1, 0], [0, 1], [0, 0]]
    assert found.known.tolist() == [True, True, True, True, False]  # training met no afternoon
    found = one("context", "context.device")
    assert found.classes == ("desk", "phone")
    assert found.targets.tolist() == [[1, 0], [0, 0], [0, 1], [1, 0], [0, 0]]


def test_odd_spellings_of_a_label_name_the_same_field() -> None:
    plain = one("multilabel", "item.genres")
    assert one("multilabel", " item . `genres` ").targets.tolist() == plain.targets.tolist()


def test_a_task_without_any_label() -> None:
    task = Task(name="genre", kind="multilabel", label="item.genres")
    with pytest.raises(
        JobError, match=r"tasks.genre.label: expected a label in the training rows, given none"
    ):
        label([task], dataset(), np.array([2]))


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("value >= 99", "none of 3"),
        ("value >= 1", "all of 3"),
        ("action == 'poke'", "none of 4"),
        ("user.gender == 'F'", "all of 2"),  # nothing is known of the others
    ],
)
def test_a_condition_of_one_class(text: str, given: str) -> None:
    task = Task(name="like", kind="binary", label=text)
    with pytest.raises(JobError) as raised:
        label([task], dataset(), TRAIN)
    assert str(raised.value) == (
        "tasks.like.label: expected training rows for which it holds and others, "
        f"given {given} for which {text} holds"
    )


def test_a_range_that_the_labels_are_not_in() -> None:
    task = Task(name="rating", kind="regression", label="value", range=(100, 200))
    with pytest.raises(JobError) as raised:
        label([task], dataset(), TRAIN)
    assert str(raised.value) == (
        "tasks.rating.range: expected a range that the labels of the training rows lie in, "
        "given [100, 200] for labels from 3 to 5"
    )
    low = task.model_copy(update={"range": (1.0, 4.0)})  # 5 and 4.2 are outside, 3 is not
    assert read(label([low], dataset(), TRAIN)[0]).known.tolist() == [True, True, False, True, True]


@given(st.lists(st.floats(0, 4.1e9), min_size=1, max_size=30))
def test_moments_are_named_as_the_service_names_them(times: list[float]) -> None:
    found = dataset(times)
    for field, name in (("daypart", daypart), ("weekday", weekday)):
        names, codes = read_codes(Operand("time", field), found)
        assert [names[code] for code in codes] == [name(time) for time in times]
