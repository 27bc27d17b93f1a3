"""A plan amended by a critique: what is added, what is replaced, and what counts against what."""

from models.language.critique.amendment import amend_plan
from models.language.plan import NO_PLAN, Comparison, Plan, PlannedLabel, PlannedNumber
from models.language.plan_limits import (
    MOST_AVOIDED,
    MOST_CHARACTERS,
    MOST_CONDITIONS,
    MOST_ITEMS,
    MOST_LABELS,
    MOST_VALUES,
)

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


def test_a_part_of_the_direction_that_is_said_again_stands_once_at_its_newer_place() -> None:
    wishes = [Plan("funny, slow"), Plan("space")]
    assert amend_plan(Plan("space, old"), wishes, [], []).direction == "old, funny, slow, space"


def test_what_is_avoided_again_is_the_newest() -> None:
    plan = amend_plan(Plan(avoid=("gore", "noise")), [Plan(avoid=("gore",))], [], [])
    assert plan.avoid == ("noise", "gore")


def test_a_direction_loses_its_oldest_parts() -> None:
    long = "x" * (MOST_CHARACTERS - 5)
    assert amend_plan(Plan(f"old, {long}"), [Plan("new")], [], []).direction == f"{long}, new"
    assert amend_plan(Plan(f"old, {long}x"), [Plan("new")], [], []).direction == "new"
    assert amend_plan(NO_PLAN, [Plan("x" * (MOST_CHARACTERS + 1))], [], []).direction == "x" * MOST_CHARACTERS


def test_a_dialogue_never_outgrows_a_plan() -> None:
    plan = NO_PLAN
    for turn in range(60):
        label, other = (PlannedLabel("genres", (f"{side}{turn}",)) for side in "ab")
        number = PlannedNumber(f"field {turn}", Comparison.LT, turn)
        wish = Plan(f"wish {turn} " + "x" * 99, (f"text {turn}",), (label,), (other,), (number,))
        plan = amend_plan(plan, [wish], [f"like {turn}"], [f"unlike {turn}"])
    assert len(plan.direction) <= MOST_CHARACTERS and "wish 59" in plan.direction
    assert plan.avoid == tuple(f"text {turn}" for turn in range(60 - MOST_AVOIDED, 60))
    assert [part.values for part in plan.wanted] == [(f"a{turn}",) for turn in range(60 - MOST_LABELS, 60)]
    assert [part.values for part in plan.unwanted] == [(f"b{turn}",) for turn in range(60 - MOST_LABELS, 60)]
    assert [part.value for part in plan.conditions] == list(range(60 - MOST_CONDITIONS, 60))
    assert plan.like == tuple(f"like {turn}" for turn in range(60 - MOST_ITEMS, 60))
    assert plan.unlike == tuple(f"unlike {turn}" for turn in range(60 - MOST_ITEMS, 60))


def test_a_label_of_too_many_values_keeps_the_last() -> None:
    values = tuple(map(str, range(MOST_VALUES + 1)))
    (label,) = amend_plan(NO_PLAN, [Plan(wanted=(PlannedLabel("genres", values),))], [], []).wanted
    assert label.values == values[1:]
