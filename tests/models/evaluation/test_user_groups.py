"""User groups by hand: which values have their own group, the figures of groups, leads and the largest gap."""

from itertools import chain

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.group_quality import LEAST_USERS, measure_groups
from models.evaluation.metrics.lists import RankedLists
from models.evaluation.protocols import RankingCase
from models.evaluation.report.fairness import UserGrouping
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
    users = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0]
    jobs = ["artist"] * 5 + ["farmer"] * 5 + [None, "baker", "never listed"]
    assert group(make_case(users, [0, 9, 10, 49, 50] + [0] * 8), job=jobs) == {
        "job": {
            "artist": [0, 1, 2, 3, 4, 12],  # the first user has two lists
            "farmer": [5, 6, 7, 8, 9],
            OTHERS: [11],  # one baker would be a person
            NOT_STATED: [10],
        },
        ACTIVITY: {
            "new users (no earlier item)": [0, *range(5, 13)],
            "1 to 9 earlier items": [1],
            "10 to 49 earlier items": [2, 3],
            "50 or more earlier items": [4],
        },
    }


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
    (grouping,) = measure_groups(ranked, users, [Grouping("job", tuple(groups.items()))])
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
    assert artist.lead is None and farmer.lead is None and grouping.gap is None


def test_a_group_that_is_clearly_worse_and_the_largest_gap() -> None:
    users = np.arange(3 * LEAST_USERS)
    good, fair, bad = (users // LEAST_USERS == number for number in range(3))
    places = [0, 1] * (LEAST_USERS // 2) + [1, 2] * (LEAST_USERS // 2) + [9, None] * (LEAST_USERS // 2)
    grouping = judge(places, users, fair=fair, bad=bad, good=good)
    figures = {group.name: group for group in grouping.groups}
    second, third, tenth = 1 / np.log2(3), 0.5, 1 / np.log2(11)
    assert figures["good"].ndcg.value == pytest.approx((1 + second) / 2)
    assert figures["bad"].lead is not None
    others = (1 + second + second + third) / 4
    assert figures["bad"].lead.value == pytest.approx(tenth / 2 - others)
    assert [name for name, group in figures.items() if group.is_worse] == ["bad"]
    gap = grouping.gap
    assert gap is not None and (gap.best, gap.worst) == ("good", "bad")
    assert gap.difference.value == pytest.approx((1 + second - tenth) / 2)
    assert 0 < gap.difference.low < gap.difference.value < gap.difference.high
