"""The search space of a job: what a range holds, and one clear line for each key or value that no search can set."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.job.spec import JobError, JobSpec
from models.job.tuning_check import SEARCHABLE, UNSUITED, check_searchable
from models.job.tuning_section import LISTED, SearchRange

EVENTS = {"path": "events.csv", "user": "u", "item": "i", "time": "t"}
EXPERTS = "tune.network.experts: expected 'shared_bottom', 'mmoe' or 'ple'"
ITEMS = {"path": "items.csv", "id": "i", "categories": "genres"}


@pytest.fixture(autouse=True)
def files(write: Callable[[str, str], Path]) -> None:
    write("events.csv", "u,i,t\n")
    write("items.csv", "i,genres\n")


@pytest.mark.parametrize(
    "tune",
    [
        {"network.dim": [32, 64], "training.learning_rate": {"low": 1e-4, "high": 1, "log": True}},
        {"network.dim": [30, 64], "network.attention_heads": [2, 4]},  # 30 suits 2
        {"network.dim": {"low": 32, "high": 64, "step": 4}},
        {"network.dim": {"low": 32.0, "high": 64.0, "step": 2.0}},
        {"network.experts": ["ple", "mmoe"], "training.balancing": ["fixed", "uncertainty"]},
        {"network.dropout": {"low": 0, "high": 0.5, "step": 0.1}},
        {"training.negatives": {"low": 0, "high": 100_000}},
    ],
)
def test_a_space(job: Callable[..., JobSpec], tune: dict) -> None:
    assert set(job(interactions=EVENTS, tune=tune).tune) == set(tune)


@pytest.mark.parametrize(
    ("tune", "line"),
    [
        ({"network.dims": [32, 64]}, "tune.network.dims: expected one of the keys network.dim, network.layers, "),
        ({"dim": [32, 64]}, "tune.dim: expected one of the keys network.dim, "),
        ({"split.valid": [0.1, 0.2]}, "tune.split.valid: expected one of the keys network.dim, "),
        (
            {"training.seed": [1, 2]},
            "tune.training.seed: expected another key, since the best of several seeds is a matter of luck",
        ),
        ({"network.dim": 64}, "tune.network.dim: expected a list of values, or low and high, given 64"),
        ({"network.dim": [64]}, "tune.network.dim: expected at least two values, given [64]"),
        ({"network.dim": [64, 64]}, "tune.network.dim: expected a list of values, each once, given [64, 64]"),
        ({"network.dim": [True, 64]}, "tune.network.dim.choices.0: expected a number, given True"),
        ({"network.dim": ["32", "64"]}, "tune.network.dim: expected a whole number, given '32'"),
        ({"network.dim": [32.5, 64]}, "tune.network.dim: expected a whole number, given 32.5"),
        ({"network.dim": [2, 64]}, "tune.network.dim: expected greater than or equal to 4, given 2"),
        (
            {"network.dim": [33, 64]},
            "tune.network.dim: expected values that suit the job, given 33 "
            "(expected dim divisible by attention_heads, given 33 and 2)",
        ),
        (
            {"network.dim": [33, 64], "network.attention_heads": [2, 4]},
            "tune.network.dim: expected values that suit the job, given 33 (",
        ),
        ({"network.dim": {"low": 32, "high": 64}}, "tune.network.dim: expected values that suit the job, given 33"),
        ({"network.experts": ["ple", "moe"]}, f"{EXPERTS}, given 'moe'"),
        ({"network.experts": {"low": 1, "high": 2}}, f"{EXPERTS}, given 1"),
        ({"network.dropout": {"low": 0, "high": 1}}, "tune.network.dropout: expected less than 1, given 1"),
        ({"network.dim": {"low": 32}}, "tune.network.dim: expected a list of at least two values, or low and"),
        ({"network.dim": {"low": "a", "high": 64}}, "tune.network.dim.low: expected a number, given 'a'"),
        ({"network.dim": {"lo": 32}}, "tune.network.dim.lo: expected one of the keys choices, low, high, "),
        ({"network.dim": {"low": 64, "high": 32}}, "tune.network.dim: expected low below high, given 64 and 32"),
        (
            {"network.dim": {"low": 32, "high": 64, "step": 5}},
            "tune.network.dim: expected high at low plus a multiple of step, given 32, 64, 5",
        ),
        (
            {"training.weight_decay": {"low": 0, "high": 0.1, "log": True}},
            "tune.training.weight_decay: expected low above 0 and no step with log, given 0 and None",
        ),
        ({"low": {"high": 1, "x": 2}}, "tune.low.x: expected one of the keys choices, low, "),
        ([], "tune: expected a mapping of keys to values, given []"),
    ],
)  # fmt: skip
def test_an_error_names_the_key(job: Callable[..., JobSpec], tune: object, line: str) -> None:
    with pytest.raises(JobError) as caught:
        job(interactions=EVENTS, tune=tune)
    assert len(caught.value.errors) == 1
    assert caught.value.errors[0].startswith(line), caught.value.errors[0]


def test_every_key_may_be_searched_or_has_a_reason() -> None:
    assert not set(SEARCHABLE) & set(UNSUITED)
    assert {"network.dim", "network.half_life_days", "training.balancing"} <= set(SEARCHABLE)


def test_a_search_would_spend_the_budget_of_privacy(job: Callable[..., JobSpec]) -> None:
    private = {"interactions": EVENTS, "items": ITEMS, "training": {"privacy": {"epsilon": 8}}}
    with pytest.raises(
        JobError, match=r"chorus tune: expected no search with training.privacy, since every trial"
    ):
        check_searchable(job(**private))
    check_searchable(job(interactions=EVENTS))
    with pytest.raises(JobError, match=r"^tune: expected no search with training.privacy"):
        job(**private, tune={"network.dim": [32, 64]})


def test_the_values_of_a_range() -> None:
    assert SearchRange(low=4, high=7).list_values(whole=True) == (4, 5, 6, 7)
    assert SearchRange(low=32, high=64, step=16).list_values(whole=True) == (32, 48, 64)
    assert SearchRange(choices=("a", 2)).list_values(whole=False) == ("a", 2)
    many = SearchRange(low=0, high=1000).list_values(whole=True)
    assert len(many) == LISTED
    assert (many[0], many[-1]) == (0, 1000)
    numbers = SearchRange(low=0.0, high=0.5).list_values(whole=False)
    assert len(numbers) == LISTED
    assert (numbers[0], numbers[-1]) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("choice", "inside", "outside"),
    [
        ({"choices": (2, "a")}, [2, "a"], [3, "b"]),
        ({"low": 1, "high": 3}, [1, 2.5, 3], [0, 4, "a"]),
        ({"low": 0.1, "high": 0.5, "step": 0.1}, [0.1, 0.3, 0.5], [0.25]),
    ],
)
def test_what_a_range_contains(choice: dict, inside: list, outside: list) -> None:
    found = SearchRange(**choice)
    assert all(found.contains(value) for value in inside)
    assert not any(found.contains(value) for value in outside)
