"""The job spec: what a poor and a rich one look like, and one clear line for each error."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.contract.fusion import FusionMethod
from models.job.spec import JobError, JobSpec, load_job

EVENTS = {"path": "events.csv", "user": "u", "item": "i", "order": "n"}
TIMED = {"path": "events.csv", "user": "u", "item": "i", "time": "t", "value": "v"}
LIKE = {"name": "like", "kind": "binary", "label": "value >= 4"}
BACK = {"per": "user", "label": "value >= 4 within 7d"}


@pytest.fixture(autouse=True)
def events(write: Callable[[str, str], Path]) -> None:
    write("events.csv", "u,i,n,t,v\n")


def test_poor(job: Callable[..., JobSpec], tmp_path: Path) -> None:
    found = job(interactions=EVENTS)
    assert found.interactions.path == ((tmp_path / "events.csv").resolve(),)
    assert (found.tasks, found.items, found.users, found.scenes) == ((), None, None, {})
    assert (found.split.valid, found.split.test) == (0.1, 0.1)
    assert found.fusion is FusionMethod.WEIGHTED_MEAN
    assert (found.text_encoder, found.export.fit) == ("use-multilingual", "all")
    assert not found.columns.timed


def test_rich(job: Callable[..., JobSpec], write: Callable[[str, str], Path]) -> None:
    write("items.jsonl", "")
    found = job(
        interactions=TIMED | {"context": "device", "time_unit": "iso"},
        items={"path": "items.jsonl", "id": "i", "categories": "genres", "text": ["title", "plot"]},
        tasks=[LIKE, {"name": "genre", "kind": "multilabel", "label": "item.genres"}],
        network={"experts": "mmoe", "dim": 32},
        training={"epochs": 2},
        scenes={"home": {"next": 1, "like": 0.5, "genre": 0}},
        split={"valid": 0.2, "test": 0},
        fusion="stacking",
        text_encoder=None,
        export={"fit": "train"},
    )
    assert found.interactions.context == ("device",)
    assert found.items is not None
    assert list(found.items.fields) == ["genres", "title", "plot"]
    assert found.scenes == {"home": {"next": 1, "like": 0.5, "genre": 0}}


STOCKED = {"path": "items.jsonl", "id": "i", "numeric": ["stock", "free copies"], "categories": "genres"}


@pytest.mark.parametrize(
    "rule", ["stock > 0", 'not genres in ["withdrawn"] and (stock >= 1 or `free copies` != 0)']
)
def test_a_rule_of_availability(
    job: Callable[..., JobSpec], write: Callable[[str, str], Path], rule: str
) -> None:
    write("items.jsonl", "")
    found = job(interactions=EVENTS, items=STOCKED | {"available": rule})
    assert found.items is not None and found.items.available == rule


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("stok > 0", "expected one of the fields free copies, genres, item_id, stock, given 'stok'"),
        (
            "item.stock > 0",
            "expected one of the fields free copies, genres, item_id, stock, given 'item.stock'",
        ),
        ("stock", "expected a condition such as stock > 0, given 'stock'"),
        ("stock > ", "expected a number or a text in quotes, given 'the end'"),
        ("genres > 3", "expected a numeric field for 'gt'"),
        ('stock == "much"', "expected a finite number"),
    ],
)
def test_a_rule_that_cannot_be_meant(
    job: Callable[..., JobSpec], write: Callable[[str, str], Path], rule: str, line: str
) -> None:
    write("items.jsonl", "")
    with pytest.raises(JobError, match="items.available: " + re.escape(line)):
        job(interactions=EVENTS, items=STOCKED | {"available": rule})


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ({}, "interactions: expected a value, given none"),
        ({"interactions": 3}, "interactions: expected a mapping of keys to values, given 3"),
        ({"interactions": EVENTS | {"path": "no.csv"}}, "interactions.path: expected a file, given 'no.csv'"),
        (
            {"interactions": EVENTS | {"path": 7}},
            "interactions.path: expected a path, a pattern, a folder or a list of them, given 7",
        ),
        ({"interactions": EVENTS | {"user": 5}}, "interactions.user: expected a text, given 5"),
        (
            {"interactions": EVENTS | {"usr": "u"}},
            "interactions.usr: expected one of the keys path, encoding, delimiter",
        ),
        (
            {"interactions": {"path": "events.csv", "user": "u", "item": "i"}},
            "interactions: expected one of the keys time and order, given neither",
        ),
        (
            {"interactions": TIMED | {"time_unit": "h"}},
            "interactions.time_unit: expected 's', 'ms' or 'iso', given 'h'",
        ),
        (
            {"interactions": TIMED | {"context": ["daypart"]}},
            "interactions: expected distinct context columns",
        ),
        ({"interactions": EVENTS, "colour": 1}, "colour: expected one of the keys name, interactions"),
        ({"interactions": EVENTS, "name": "a b"}, "name: expected the String to match pattern"),
        (
            {"interactions": EVENTS, "network": {"dims": 1}},
            "network.dims: expected one of the keys dim, layers",
        ),
        ({"interactions": EVENTS, "network": {"experts": "x"}}, "network.experts: expected 'shared_bottom'"),
        (
            {"interactions": EVENTS, "training": {"epochs": 0}},
            "training.epochs: expected greater than or equal to 1",
        ),
        (
            {"interactions": EVENTS, "split": {"valid": 0.5, "test": 0.5}},
            "split: expected valid + test below 0.9",
        ),
        ({"interactions": EVENTS, "split": {"valid": 0}}, "split.valid: expected greater than 0, given 0"),
        ({"interactions": EVENTS, "fusion": "sum"}, "fusion: expected 'weighted_mean', 'vote' or 'stacking'"),
        (
            {"interactions": TIMED, "tasks": [LIKE | {"kind": "odd"}]},
            "tasks.0.kind: expected 'binary', 'regression', 'multilabel' or 'context', given 'odd'",
        ),
        (
            {"interactions": TIMED, "tasks": [LIKE | {"kind": "regression", "label": "value"}]},
            "tasks.0.range: expected [low, high] for a regression task, given none",
        ),
        (
            {"interactions": EVENTS, "tasks": [LIKE | {"labels": "x"}]},
            "tasks.0.labels: expected one of the keys name",
        ),
        (
            {"interactions": EVENTS, "tasks": [LIKE]},
            "tasks.like.label: expected interactions.value to be set",
        ),
        (
            {"interactions": TIMED, "tasks": [LIKE | {"label": "__import__('os')"}]},
            "tasks.like.label: expected one of == != < <= > >= in after __import__, given '('",
        ),
        ({"interactions": TIMED, "tasks": [LIKE, LIKE]}, "tasks: expected distinct names, given like, like"),
        (
            {"interactions": TIMED, "tasks": [LIKE | {"name": "next"}]},
            "tasks.0: expected a task name other than 'next'",
        ),
        (
            {"interactions": EVENTS, "scenes": {"home": {"like": 1}}},
            "scenes.home.like: expected one of the heads next",
        ),
        (
            {"interactions": EVENTS, "scenes": {"home": {"next": 0}}},
            "scenes.home: expected at least one weight",
        ),
        ({"interactions": EVENTS, "scenes": {"home": {}}}, "scenes.home: expected at least one weight"),
        (
            {"interactions": TIMED, "tasks": [LIKE | BACK], "scenes": {"home": {"like": 1}}},
            "scenes.home.like: expected one of the heads next, given 'like'",
        ),
        (
            {"interactions": TIMED, "tasks": [LIKE | BACK], "objective": {"like": 1}},
            "objective.like: expected one of the heads with an outcome, next, given 'like'",
        ),
        (
            {"interactions": TIMED, "tasks": [LIKE | BACK | {"kind": "context", "label": "time.daypart"}]},
            "tasks.0.per: expected event, or a task of the kind 'binary', given user for 'context'",
        ),
        (
            {"interactions": TIMED, "tasks": [LIKE | {"per": "item"}]},
            "tasks.0.per: expected",
        ),
        (
            {"interactions": EVENTS, "scenes": {"home": {"next": float("inf")}}},
            "scenes.home.next: expected a finite weight, given inf",
        ),
        (
            {
                "interactions": EVENTS,
                "users": {"path": "events.csv", "id": "u", "text": ["t"], "numeric": ["t"]},
            },
            "users: expected every column in one list and once, given t more often",
        ),
    ],
)
def test_an_error_names_the_key(job: Callable[..., JobSpec], keys: dict[str, Any], line: str) -> None:
    with pytest.raises(JobError) as raised:
        job(**keys)
    assert len(raised.value.errors) == 1
    assert str(raised.value).startswith(line)
    assert ", given " in str(raised.value)


@pytest.mark.parametrize("epochs", [2, 2.0])
def test_a_whole_number_may_have_a_decimal_point(job: Callable[..., JobSpec], epochs: float) -> None:
    found = job(interactions=EVENTS, training={"epochs": epochs}, scenes={"home": {"next": 3.0}})
    assert type(found.training.epochs) is int and found.training.epochs == 2
    assert type(found.scenes["home"]["next"]) is float and found.scenes["home"]["next"] == 3


@pytest.mark.parametrize("epochs", [True, 1.5, "1", "1.0"])
def test_what_is_no_whole_number_is_refused(job: Callable[..., JobSpec], epochs: object) -> None:
    with pytest.raises(JobError, match=r"^training.epochs: expected a .*whole number.*, given") as raised:
        job(interactions=EVENTS, training={"epochs": epochs})
    assert str(raised.value).endswith(repr(epochs))


def test_all_errors_are_listed(job: Callable[..., JobSpec]) -> None:
    with pytest.raises(JobError) as raised:
        job(interactions=EVENTS | {"user": 1, "extra": 2}, split={"valid": 2})
    assert [line.split(":")[0] for line in raised.value.errors] == [
        "interactions.user",
        "interactions.extra",
        "split.valid",
    ]
    assert str(raised.value) == "; ".join(raised.value.errors)
    with pytest.raises(JobError) as raised:
        job(interactions=EVENTS, tasks=[LIKE], scenes={"a": {"x": 1}, "b": {}})
    assert [line.split(":")[0] for line in raised.value.errors] == [
        "tasks.like.label",
        "scenes.a.x",
        "scenes.b",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [", "job: expected YAML in"),
        ("- name", "job: expected a mapping of keys to values in"),
        ("", "job: expected a mapping of keys to values in"),
        ("name: !!python/object/apply:os.system [true]", "job: expected YAML in"),
    ],
)
def test_not_a_job(write: Callable[[str, str], Path], text: str, message: str) -> None:
    with pytest.raises(JobError, match=message):
        load_job(write("job.yaml", text))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="expected a readable YAML file"):
        load_job(tmp_path / "none.yaml")


def test_without_a_folder_paths_stay_as_they_are() -> None:
    assert JobSpec.model_validate({"name": "a", "interactions": EVENTS}).interactions.path == (
        Path("events.csv"),
    )


PATHS = {"path": "items.jsonl", "id": "i", "categories": ["category", "tags"]}


def test_a_hierarchy_holds_for_all_categories_or_for_the_named(
    job: Callable[..., JobSpec], write: Callable[[str, str], Path]
) -> None:
    write("items.jsonl", "")
    for hierarchy, expected in (
        (" > ", {"category": " > ", "tags": " > "}),
        ({"category": "/"}, {"category": "/"}),
        (None, {}),
    ):
        found = job(interactions=EVENTS, items=PATHS | {"hierarchy": hierarchy}).items
        assert found is not None and found.hierarchies == expected


@pytest.mark.parametrize(
    ("hierarchy", "words"),
    [
        ({"categories": "/"}, "items.hierarchy: expected columns of items.categories, given categories"),
        ({}, "items.hierarchy: expected columns of items.categories, given none"),
        ("|", "without the separator '|' of the paths in a cell, given '|'"),
        ({"tags": " | "}, "separator of levels for tags"),
        ("  ", "with more than spaces"),
        ("", "items.hierarchy: expected a separator of 1 to 5 characters, or one for each column, given ''"),
        (3, "items.hierarchy: expected a separator of 1 to 5 characters, or one for each column, given 3"),
        ({"tags": 3}, "or one for each column, given {'tags': 3}"),
    ],
    ids=str,
)
def test_a_hierarchy_that_cannot_be_meant(
    job: Callable[..., JobSpec], write: Callable[[str, str], Path], hierarchy: object, words: str
) -> None:
    write("items.jsonl", "")
    with pytest.raises(JobError) as caught:
        job(interactions=EVENTS, items=PATHS | {"hierarchy": hierarchy})
    assert words in str(caught.value)
    assert str(caught.value).startswith("items.hierarchy: ") and "; items" not in str(caught.value)
