"""The conditions of a plan: who meets them, what gives way, and what never does."""

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from app.bundle.attribute_index import AttributeIndex
from app.pipeline.notes import ConditionRelaxed
from app.pipeline.query.conditions import Narrowed, narrow_rows
from app.pipeline.query.text_match import meets_plan
from app.pipeline.types import Query
from models.contract.catalogue import Item
from models.language.plan import Comparison, Plan, PlannedLabel, PlannedNumber

FILMS = [
    Item("0", {"genres": ("Comedy",), "year": 1985.0}),
    Item("1", {"genres": ("Comedy", "Horror"), "year": 1985.0}),
    Item("2", {"genres": ("Comedy",), "year": 1995.0}),
    Item("3", {"genres": ("Drama",), "year": 1985.0}),
    Item("4", {"genres": ("Drama",)}),
]
COMEDY = PlannedLabel("genres", ("Comedy",))
HORROR = PlannedLabel("genres", ("Horror",))
BEFORE = PlannedNumber("year", Comparison.LT, 1990)


class Films:
    """A catalogue of the films above."""

    items = FILMS
    fresh = np.zeros(0, dtype=np.int64)
    store = SimpleNamespace(items=FILMS)

    def __len__(self) -> int:
        return len(FILMS)


def narrow(query: Query) -> Narrowed:
    return narrow_rows(Films(), query, AttributeIndex(), np.ones(len(FILMS), dtype=np.bool_))


def rows(mask: np.ndarray | None) -> list[int] | None:
    return None if mask is None else np.flatnonzero(mask).tolist()


@pytest.mark.parametrize(
    ("plan", "limit", "allowed", "meets", "relaxed"),
    [
        (Plan(), 3, [0, 1, 2, 3, 4], None, []),
        (Plan(wanted=(COMEDY,)), 3, [0, 1, 2], None, []),
        (Plan(unwanted=(HORROR,)), 5, [0, 2, 3, 4], None, []),
        (Plan(wanted=(COMEDY,), unwanted=(HORROR,), conditions=(BEFORE,)), 1, [0], None, []),
        # One film meets all. Without the year two do, without the genre two do; the earlier gives way first.
        (
            Plan(wanted=(COMEDY,), unwanted=(HORROR,), conditions=(BEFORE,)),
            2,
            [0, 3],
            [0],
            ["plan.wanted.0"],
        ),
        # Whatever the limit, an unwanted label is no answer.
        (
            Plan(wanted=(COMEDY,), unwanted=(HORROR,), conditions=(BEFORE,)),
            5,
            [0, 2, 3, 4],
            [0],
            ["plan.wanted.0", "plan.conditions.0"],
        ),
        (Plan(wanted=(PlannedLabel("genres", ("Horror", "Drama")),)), 3, [1, 3, 4], None, []),
    ],
)
def test_conditions(
    make_query: Callable[..., Query],
    plan: Plan,
    limit: int,
    allowed: list[int],
    meets: list[int] | None,
    relaxed: list[str],
) -> None:
    narrowed = narrow(make_query(plan=plan, limit=limit))
    assert (rows(narrowed.allowed), rows(narrowed.meets)) == (allowed, meets)
    assert [note.path for note in narrowed.relaxed] == relaxed
    assert all(note == ConditionRelaxed(note.path, 1) for note in narrowed.relaxed)


def test_a_ranking_keeps_its_items(make_query: Callable[..., Query]) -> None:
    plan = Plan(wanted=(COMEDY,), unwanted=(HORROR,))
    narrowed = narrow(make_query(plan=plan, limit=5, item_ids=("0", "1", "2", "3", "4")))
    assert (rows(narrowed.allowed), rows(narrowed.meets)) == ([0, 1, 2, 3, 4], [0, 2])
    assert narrowed.relaxed == ()


@pytest.mark.parametrize("op", Comparison)
def test_the_reason_and_the_filter_agree(make_query: Callable[..., Query], op: Comparison) -> None:
    plan = Plan(unwanted=(HORROR,), conditions=(PlannedNumber("year", op, 1985),))
    narrowed = narrow(make_query(plan=plan, limit=5, item_ids=("0",)))
    assert rows(narrowed.meets) == [row for row, item in enumerate(FILMS) if meets_plan(item, plan)]


def test_what_gives_way_is_as_by_trying_each(make_query: Callable[..., Query]) -> None:
    """Against the plain rule, over the years of the films: leave out what lets most items pass, the first of equals."""
    bounds = np.random.default_rng(5).integers(1984, 1997, (40, 4))
    for values in bounds.tolist():
        ops = (Comparison.LT, Comparison.GTE, Comparison.NE, Comparison.LTE)
        numbers = [PlannedNumber("year", op, value) for op, value in zip(ops, values, strict=True)]
        left = list(range(4))
        while left and len(_meeting([numbers[number] for number in left])) < 4:
            gained = [len(_meeting([numbers[other] for other in left if other != number])) for number in left]
            left.pop(int(np.argmax(gained)))
        narrowed = narrow(make_query(plan=Plan(conditions=tuple(numbers)), limit=4))
        gone = {int(note.path.rsplit(".", 1)[1]) for note in narrowed.relaxed}
        assert gone == set(range(4)) - set(left)
        assert rows(narrowed.allowed) == _meeting([numbers[number] for number in left])


def _meeting(numbers: list[PlannedNumber]) -> list[int]:
    plan = Plan(conditions=tuple(numbers))
    return [row for row, item in enumerate(FILMS) if meets_plan(item, plan)]
