"""Who is in which variant, and which experiments meet."""

from dataclasses import replace
from hashlib import blake2b
from typing import Any

import pytest

from app.experiments.assignment import (
    SPACE,
    assign_variant,
    find_bounds,
    find_conflict,
    find_running,
    hash_user,
)
from app.experiments.split_check import check_split
from app.state.protocol import Experiment, Variant

USERS = [f"user-{number}" for number in range(20_000)]


def experiment(*shares: float, name: str = "e", salt: str = "s", **given: Any) -> Experiment:
    variants = tuple(Variant(f"v{index}", share) for index, share in enumerate(shares))
    return Experiment(name, salt, variants, **given)


def count(split: Experiment) -> list[int]:
    found = [assign_variant(split, user) for user in USERS]
    return [sum(each == variant for each in found) for variant in (*split.variants, None)]


def test_the_hash_is_that_of_its_definition() -> None:
    key = blake2b(b"s").digest()
    assert hash_user("s", "ü") == int.from_bytes(
        blake2b("ü".encode(), digest_size=8, key=key).digest(), "big"
    )
    assert hash_user("s", "u") == hash_user("s", "u") != hash_user("t", "u")


def test_bounds_are_exact() -> None:
    assert find_bounds(experiment(0.5, 0.25).variants) == [SPACE // 2, 3 * SPACE // 4]
    assert find_bounds(experiment(1 / 3, 1 / 3, 1 / 3).variants)[-1] == SPACE
    assert find_bounds(experiment(*[0.1] * 10).variants)[-1] == SPACE


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1), (0.2, 0.3), (1 / 3, 1 / 3, 1 / 3)])
def test_users_come_in_the_ratio_of_the_shares(shares: tuple[float, ...]) -> None:
    *inside, outside = count(experiment(*shares))
    rest = 1 - sum(shares)
    p_value = check_split([*inside, outside], [*shares, rest]) if rest > 1e-9 else check_split(inside, shares)
    assert p_value is not None and p_value > 0.001
    assert rest > 1e-9 or outside == 0


def test_a_wider_share_keeps_its_users_and_another_salt_mixes_them() -> None:
    narrow, wide = experiment(0.2, 0.2), experiment(0.2, 0.8)
    kept = [user for user in USERS if assign_variant(narrow, user) is not None]
    assert [assign_variant(narrow, u).name for u in kept] == [assign_variant(wide, u).name for u in kept]
    other = replace(narrow, salt="t")
    both = sum(assign_variant(other, user) is not None for user in kept)
    p_value = check_split([both, len(kept) - both], [0.4, 0.6])
    assert p_value is not None and p_value > 0.001


def test_an_experiment_runs_from_its_start_up_to_its_stop() -> None:
    timed = experiment(0.5, 0.5, start=10.0, stop=20.0)
    running = [now for now in (9.9, 10.0, 19.9, 20.0) if find_running([timed], None, now) == timed]
    assert running == [10.0, 19.9]
    assert find_running([experiment(1.0)], "home", 0) is not None


def test_a_scene_is_that_of_its_requests_alone() -> None:
    home = experiment(0.5, 0.5, scene="home")
    assert [find_running([home], scene, 0) for scene in ("home", "other", None)] == [home, None, None]


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ({}, {}, True),
        ({"scene": "home"}, {}, True),
        ({"scene": "home"}, {"scene": "home"}, True),
        ({"scene": "home"}, {"scene": "search"}, False),
        ({"stop": 200.0}, {"start": 200.0}, False),
        ({"stop": 201.0}, {"start": 200.0}, True),
        ({"start": 300.0}, {"start": 150.0, "stop": 250.0}, False),
        ({"stop": 90.0}, {}, False),  # it has ended
        ({}, {"stop": 90.0}, False),
    ],
)
def test_two_experiments_meet_where_a_request_could_be_in_both(
    one: dict[str, Any], other: dict[str, Any], meets: bool
) -> None:
    first, second = experiment(1.0, name="a", **one), experiment(1.0, name="b", **other)
    for new, stored in ((first, second), (second, first)):
        assert find_conflict(new, [stored], now=100.0) == (stored if meets else None)
    assert find_conflict(first, [first], now=100.0) is None, "it replaces itself"
