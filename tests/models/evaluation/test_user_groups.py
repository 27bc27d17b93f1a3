"""User groups by hand: which values have their own group, the figures of groups, leads and the largest gap."""

from itertools import chain

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.group_quality import LEAST_USERS, measure_groups
from models.evaluation.metrics.lists import RankedLists
from models.evaluation.protocols import RankingCase
from models.evaluation.report.fairness import GroupingKind, UserGrouping
from models.evaluation.user_groups import (
    ACTIVITY,
    LEAST_SHOWN,
    MOST_VALUES,
    NOT_STATED,
    OTHERS,
    Grouping,
    group_lists,
)


def make_case(users: list[int], earlier: list[int]) -> RankingCase:
    """Lists of users with so many earlier items of 100; item 99 is relevant."""
    seen, relevant = (np.zeros((len(users), 100), dtype=bool) for _ in range(2))
    for number, count in enumerate(earlier):
        seen[number, :count] = True
    relevant[:, 99] = True
    return RankingCase(np.array(users), sparse.csr_array(seen), sparse.csr_array(relevant))


def group(case: RankingCase, **attributes: list[str | None]) -> dict[str, dict[str, list[int]]]:
    return {
        grouping.name: {name: np.flatnonzero(mask).tolist() for name, mask in grouping.groups}
        for grouping in group_lists(case, attributes)
    }


def test_lists_are_grouped_by_attribute_and_by_activity() -> None:
    users = [*range(21), 0]
    jobs = ["artist"] * 6 + ["farmer"] * 5 + ["baker"] * 4 + ["never again"] + [None] * 5 + ["never listed"]
    assert group(make_case(users, [0] * 6 + [9] * 5 + [10, 49] * 4 + [50] * 3), job=jobs) == {
        "job": {
            "artist": [*range(6), 21],  # the first user has two lists
            "farmer": [6, 7, 8, 9, 10],
            OTHERS: [11, 12, 13, 14, 15],
            NOT_STATED: [16, 17, 18, 19, 20],
        },
        # three users with a long history would be persons, and so would the rest: eight users are hidden
        ACTIVITY: {
            "new users (no earlier item)": [0, 1, 2, 3, 4, 5],
            "10 to 49 earlier items": [*range(11, 19)],
        },
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a"] * 6 + ["b"] * 5 + ["c"], {"a": 6, OTHERS: 6}),
        (["a"] * 6 + ["b"] * 5 + [None] * 4, {"a": 6, OTHERS: 9}),
        (["a"] * 6 + ["b"] * 5 + [None] * 5, {"a": 6, "b": 5, NOT_STATED: 5}),
        (["a"] * 6 + ["b"] * 4 + [None], {"a": 6, OTHERS: 5}),
        (["a"] * 5 + [None], {OTHERS: 6}),
        (["a"] * 3 + [None], {}),
        (["a"] * 4 + [None] * 5, {OTHERS: 9}),
    ],
)
def test_no_group_is_of_few_users_nor_is_what_the_groups_leave(
    values: list[str | None], expected: dict[str, int]
) -> None:
    groups = group(make_case(list(range(len(values))), [0] * len(values)), city=values).get("city", {})
    assert {name: len(members) for name, members in groups.items()} == expected


def test_values_and_attributes_may_be_called_as_the_groups_are() -> None:
    """The value "(not stated)" of every second user, which all others do not state."""
    count = 4 * LEAST_USERS
    values = [NOT_STATED, None] * (count // 2)
    groupings = list(group_lists(make_case(list(range(count)), [0] * count), {ACTIVITY: values}))
    assert [(grouping.kind, grouping.name) for grouping in groupings] == [
        ("attribute", ACTIVITY), ("activity", ACTIVITY),
    ]  # fmt: skip
    users = np.arange(count)
    small = users >= count - LEAST_USERS + 1
    same = [("x", users < LEAST_USERS), ("x", ~small & (users >= LEAST_USERS)), ("x", small)]
    ranked = RankedLists(np.zeros((count, 1), np.int64), np.ones((count, 1), bool), np.ones(count, np.int64))
    (grouping,) = measure_groups(ranked, users, [Grouping(GroupingKind.ATTRIBUTE, "job", same)])
    assert [one.difference_to_others is not None for one in grouping.groups] == [True, True, False]


def test_only_the_most_frequent_values_have_a_group() -> None:
    values = [f"v{number:02}" for number in range(MOST_VALUES + 3) for _ in range(LEAST_SHOWN)]
    values += ["v12"] * 2
    groups = group(make_case(list(range(len(values))), [0] * len(values)), city=values)["city"]
    assert list(groups) == ["v12", *(f"v{number:02}" for number in range(MOST_VALUES - 1)), OTHERS]
    assert sorted(chain.from_iterable(groups.values())) == list(range(len(values)))


def test_a_case_without_lists_has_no_groups() -> None:
    assert group(make_case([], []), job=["artist"]) == {}


def judge(hit_places: list[int | None], users: np.ndarray, **groups: np.ndarray) -> UserGrouping:
    """The figures of lists of ten whose one relevant item stands at a place, or nowhere."""
    hits = np.zeros((len(hit_places), 10), dtype=bool)
    for number, place in enumerate(hit_places):
        if place is not None:
            hits[number, place] = True
    ranked = RankedLists(np.zeros((len(hits), 10), dtype=np.int64), hits, np.ones(len(hits), dtype=np.int64))
    (grouping,) = measure_groups(
        ranked, users, [Grouping(GroupingKind.ATTRIBUTE, "job", tuple(groups.items()))]
    )
    return grouping


def test_figures_of_small_groups_are_given_and_not_compared() -> None:
    users = np.array([0, 1, 2, 2])
    first = users < 2
    grouping = judge([0, None, 2, None], users, artist=first, farmer=~first)
    artist, farmer = grouping.groups
    assert (artist.lists, artist.users, farmer.lists, farmer.users) == (2, 2, 2, 1)
    assert (artist.ndcg.value, artist.hit_rate.value) == (0.5, 0.5)
    assert (farmer.ndcg.value, farmer.hit_rate.value) == pytest.approx((0.25, 0.5))
    assert farmer.ndcg.low is None
    assert (artist.ndcg.low, artist.ndcg.high) == (0, 1)  # two users tell little
    assert (
        artist.difference_to_others is None and farmer.difference_to_others is None and grouping.gap is None
    )


def test_a_group_that_is_clearly_worse_and_the_largest_gap() -> None:
    users = np.arange(3 * LEAST_USERS)
    good, fair, bad = (users // LEAST_USERS == number for number in range(3))
    places = [0, 1] * (LEAST_USERS // 2) + [1, 2] * (LEAST_USERS // 2) + [9, None] * (LEAST_USERS // 2)
    grouping = judge(places, users, fair=fair, bad=bad, good=good)
    figures = {group.name: group for group in grouping.groups}
    second, third, tenth = 1 / np.log2(3), 0.5, 1 / np.log2(11)
    assert figures["good"].ndcg.value == pytest.approx((1 + second) / 2)
    assert figures["bad"].difference_to_others is not None
    others = (1 + second + second + third) / 4
    assert figures["bad"].difference_to_others.value == pytest.approx(tenth / 2 - others)
    assert [name for name, group in figures.items() if group.is_worse] == ["bad"]
    gap = grouping.gap
    assert gap is not None and (gap.best, gap.worst) == ("good", "bad")
    assert gap.difference.value == pytest.approx((1 + second - tenth) / 2)
    assert 0 < gap.difference.low < gap.difference.value < gap.difference.high
