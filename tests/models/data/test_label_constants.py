"""Texts in labels that no row has: refused if the comparison has no effect, else a warning."""

import numpy as np
import pytest

from models.contract.catalogue import Item, User
from models.contract.tasks import Task
from models.data.cleaning import CleaningReport
from models.data.dataset import Codes, Dataset, Interactions
from models.data.label_constants import check_constants
from models.job.errors import JobError

NIGHT = 1_700_000_000.0 - 1_700_000_000 % 86_400


@pytest.fixture
def dataset() -> Dataset:
    """Three events on a Tuesday night; `poke` is a name of the log that no event has."""
    log = Interactions(
        users=np.array([0, 0, 0]),
        items=np.array([0, 1, 0]),
        times=np.array([NIGHT, NIGHT + 1, NIGHT + 2]),
        values=np.array([4, np.nan, 1], dtype=np.float32),
        actions=np.array([0, 2, 0]),
        action_names=("view", "poke", "click"),
        contexts={"device": Codes(("desk", "phone"), np.array([0, 1, -1]))},
    )
    items = (Item("A", {"genres": ("Drama", "War"), "brand": "x"}), Item("B", {"genres": ("Comedy",)}))
    report = CleaningReport(3, 3, 0, 0, 0, 0)
    return Dataset(log, ("a",), items, (User("a", {"job": "clerk"}),), timed=True, cleaning=report)


def check(dataset: Dataset, *labels: str) -> tuple[str, ...]:
    tasks = [Task(name=f"t{number}", kind="binary", label=label) for number, label in enumerate(labels)]
    return check_constants(tasks, dataset)


@pytest.mark.parametrize(
    "label",
    [
        "value == 7 or action != 'view'",
        "action in ['view', 'click'] and context.device == 'desk'",
        "action == 'click' and item.genres in ['War'] and item.brand == 'x' and user.job == 'clerk'",
        "action == 'click' and time.daypart == 'night' and not time.weekday in ['tuesday']",
    ],
)
def test_texts_that_occur(label: str, dataset: Dataset) -> None:
    assert check(dataset, label) == ()


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (
            "action == 'clicked'",
            "expected a value of action that occurs in the data (click, view), given 'clicked'",
        ),
        ("action != 'poke'", "of action that occurs in the data (click, view), given 'poke'"),
        (
            "value > 3 and context.device == 'tv'",
            "of context.device that occurs in the data (desk, phone), given 'tv'",
        ),
        (
            "value > 3 and item.genres in ['Horror']",
            "of item.genres that occurs in the data (Comedy, Drama, War), ",
        ),
        ("value > 3 and item.brand == 'y'", "of item.brand that occurs in the data (x), given 'y'"),
        ("value > 3 and user.job == 'pilot'", "of user.job that occurs in the data (clerk), given 'pilot'"),
        ("value > 3 and time.daypart == 'evening'", "of time.daypart that occurs in the data (night), "),
        ("value > 3 and not time.weekday == 'monday'", "of time.weekday that occurs in the data (tuesday), "),
        (
            "value > 3 and user.town == 'Ulm'",
            "of user.town that occurs in the data (it has none), given 'Ulm'",
        ),
    ],
)
def test_texts_that_do_not_occur(label: str, message: str, dataset: Dataset) -> None:
    with pytest.raises(JobError) as raised:
        check(dataset, label)
    assert str(raised.value).startswith("tasks.t0.label: expected a value of ")
    assert message in str(raised.value)


def test_all_errors_are_listed(dataset: Dataset) -> None:
    with pytest.raises(JobError) as raised:
        check(dataset, "action in ['a', 'b']", "value > 3", "context.device == 'tv'")
    assert [line.split(":")[0] for line in raised.value.errors] == [
        "tasks.t0.label",
        "tasks.t0.label",
        "tasks.t2.label",
    ]


def test_a_list_with_effect_is_a_warning(dataset: Dataset) -> None:
    assert check(dataset, "action in ['click', 'clicked']") == (
        "tasks.t0.label: expected a value of action that occurs in the data (click, view), given 'clicked'",
    )


def test_of_many_values_the_nearest_are_listed(dataset: Dataset) -> None:
    names = tuple(f"name {number}" for number in range(100))
    many = Codes(names, np.arange(100))
    log = Interactions(
        users=np.zeros(100, np.int64),
        items=np.zeros(100, np.int64),
        times=np.arange(100.0),
        values=np.full(100, np.nan, np.float32),
        actions=many.codes,
        action_names=many.names,
        contexts={},
    )
    with pytest.raises(JobError, match=r"\(name 42, .*, …\), given 'name 42x'") as raised:
        check(
            Dataset(log, ("a",), dataset.items, dataset.users, timed=True, cleaning=dataset.cleaning),
            "action == 'name 42x'",
        )
    assert str(raised.value).count("name ") == 11
