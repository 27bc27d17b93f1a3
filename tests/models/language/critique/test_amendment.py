"""A plan amended by a critique: what is added, what is replaced, and what counts against what."""

from models.language.critique.amendment import MOST_ITEMS, amend_plan
from models.language.plan import NO_PLAN, Comparison, Plan, PlannedLabel, PlannedNumber

SCIFI, HORROR, COMEDY = (PlannedLabel("genres", (name,)) for name in ("Sci-Fi", "Horror", "Comedy"))


def test_items_are_added_and_change_sides() -> None:
    plan = amend_plan(Plan(like=("1", "2"), unlike=("3",)), [], ["3", "4"], ["2"])
    assert (plan.like, plan.unlike) == (("1", "3", "4"), ("2",))


def test_the_newest_items_stay() -> None:
    before = tuple(str(number) for number in range(MOST_ITEMS))
    assert amend_plan(Plan(like=before), [], ["new"], []).like == (*before[1:], "new")


def test_a_wish_adds_to_the_plan_and_counts_against_it() -> None:
    before = Plan("space", ("gore",), wanted=(SCIFI, COMEDY), unwanted=(HORROR,), limit=3)
    wish = Plan("funny", ("noise",), wanted=(HORROR,), unwanted=(COMEDY,))
    assert amend_plan(before, [wish], [], []) == Plan(
        "space, funny", ("gore", "noise"), wanted=(SCIFI, HORROR), unwanted=(COMEDY,), limit=3
    )


def test_a_bound_replaces_that_of_the_same_side() -> None:
    before = Plan(
        conditions=(
            PlannedNumber("year", Comparison.GTE, 1980),
            PlannedNumber("year", Comparison.LT, 2000),
            PlannedNumber("price", Comparison.LT, 20),
        )
    )
    wish = Plan(conditions=(PlannedNumber("year", Comparison.LT, 1990),))
    conditions = amend_plan(before, [wish], [], []).conditions
    assert conditions == (before.conditions[0], before.conditions[2], wish.conditions[0])


def test_nothing_said_changes_nothing() -> None:
    assert amend_plan(NO_PLAN, [], [], []) == NO_PLAN
