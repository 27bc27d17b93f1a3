"""Fitted features by hand, and that the future has no say in them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.features import context_tokens
from models.data.dataset import Dataset, load_dataset
from models.data.fitting import extend_features, fit_features
from models.data.labels import label
from models.data.split import Split, split
from models.job.spec import JobSpec
from tests.models.histories import events_of

Write = Callable[[str, str], Path]
HEADER = "u,i,t,v,a,device\n"
PAST = (
    "ann,B,3600,5,rate,phone\n"
    "ann,A,10000,3,rate,desk\n"
    "bob,A,20000,1,view,phone\n"
    "bob,D,30000,,rate,\n"
    "ann,D,40000,4,rate,desk\n"
    "bob,B,50000,2,rate,phone\n"
)
FUTURE = "cid,C,60000,4,rate,watch\nann,A,70000,5,save,phone\nbob,E,80000,1,rate,tv\n"
ITEMS = (
    '{"id": "A", "year": 1990, "genres": ["War"], "brand": "x", "title": "a", "image": [1, 0]}\n'
    '{"id": "B", "year": 2000, "genres": ["War", "Drama"], "title": "b"}\n'
    '{"id": "C", "year": 1900, "genres": ["Film-Noir"], "brand": "y"}\n'
    '{"id": "D", "title": "d"}\n'
)
USERS = "id,gender,age\nann,F,20\nbob,M,40\ncid,X,90\n"


@pytest.fixture
def spec(write: Write, job: Callable[..., JobSpec]) -> JobSpec:
    write("events.csv", HEADER + PAST + FUTURE)
    write("items.jsonl", ITEMS)
    write("users.csv", USERS)
    return job(
        interactions={
            "path": "events.csv", "user": "u", "item": "i", "time": "t", "value": "v", "action": "a",
            "context": ["device"],
        },
        items={
            "path": "items.jsonl", "id": "id", "numeric": "year", "categories": "genres",
            "categorical": "brand", "text": "title", "vectors": "image",
        },
        users={"path": "users.csv", "id": "id", "categorical": "gender", "numeric": "age"},
        tasks=[
            {"name": "like", "kind": "binary", "label": "value >= 4"},
            {"name": "genre", "kind": "multilabel", "label": "item.genres"},
            {"name": "device", "kind": "context", "label": "context.device"},
        ],
        split={"valid": 0.11, "test": 0.22},
    )  # fmt: skip


def fitted(spec: JobSpec, folder: Path) -> tuple[Dataset, Split, FeatureSpec]:
    dataset = load_dataset(spec, folder / "q.jsonl")
    parts = split(dataset.interactions, dataset.timed, spec.split.valid, spec.split.test)
    return dataset, parts, fit_features(dataset, parts.train, spec, text_size=8)


def test_by_hand(spec: JobSpec, tmp_path: Path) -> None:
    _, parts, found = fitted(spec, tmp_path)
    assert parts.train.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.item_ids.tokens == ("A", "B", "D")
    assert found.actions.tokens == ("rate", "view")
    assert found.item_fields == (
        FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
        FieldSpec(name="brand", kind=FieldKind.CATEGORICAL),
        FieldSpec(name="year", kind=FieldKind.NUMERIC, mean=1995, std=5),
        FieldSpec(name="title", kind=FieldKind.TEXT),
        FieldSpec(name="image", kind=FieldKind.VECTOR, size=2),
    )
    assert found.item_tokens.tokens == ("brand=x", "genres=Drama", "genres=War")
    assert found.user_fields == (
        FieldSpec(name="gender", kind=FieldKind.CATEGORICAL),
        FieldSpec(name="age", kind=FieldKind.NUMERIC, mean=30, std=10),
    )
    assert found.user_tokens.tokens == ("gender=F", "gender=M")
    assert found.context_fields == ("device",)
    assert found.context_tokens.tokens == (
        "daypart=afternoon", "daypart=morning", "daypart=night", "weekday=thursday",
        "device=desk", "device=phone",
    )  # fmt: skip
    assert (found.value_range, found.value_mean, found.text_size) == ((1, 5), 3, 8)
    assert found.value_std == pytest.approx(np.sqrt(2))
    assert (found.timed, found.history_length) == (True, spec.network.history_length)


def test_context_tokens_are_those_the_service_makes(spec: JobSpec, tmp_path: Path) -> None:
    dataset, parts, found = fitted(spec, tmp_path)
    made = {
        token
        for events in events_of(dataset.interactions, dataset)
        for event in events
        if event.timestamp < parts.valid_at
        for token in context_tokens(found, event.context, event.timestamp)
    }
    assert set(found.context_tokens.tokens) == made


@pytest.mark.parametrize(
    "future",
    [
        "".join(reversed(FUTURE.splitlines(keepends=True))),
        "zoe,Q,60000,1,share,car\nzoe,A,70000,2,skip,tv\nzoe,B,80000,3,skip,tv\n",
        "ann,C,600000,5,rate,watch\nann,C,700000,5,rate,watch\nann,C,800000,5,rate,watch\n",
    ],
    ids=["shuffled", "other", "later"],
)
def test_the_future_changes_no_feature(spec: JobSpec, write: Write, tmp_path: Path, future: str) -> None:
    dataset, parts, before = fitted(spec, tmp_path)
    heads = [one.head for one in label(spec.tasks, dataset, parts.train)]
    targets = [one.targets_at(parts.train) for one in label(spec.tasks, dataset, parts.train)]
    write("events.csv", HEADER + future + PAST)
    dataset, parts, after = fitted(spec, tmp_path)
    assert after == before
    assert after.digest() == before.digest()
    found = label(spec.tasks, dataset, parts.train)
    assert [one.head for one in found] == heads
    for one, target in zip(found, targets, strict=True):
        assert np.array_equal(one.targets_at(parts.train), target)


def test_no_values_and_no_times(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("poor.csv", "u,i,n\na,x,1\na,y,2\na,z,3\n")
    poor = job(interactions={"path": "poor.csv", "user": "u", "item": "i", "order": "n"}, text_encoder=None)
    dataset, parts, _ = fitted(poor, tmp_path)
    found = fit_features(dataset, parts.train, poor, text_size=0)
    assert (found.timed, found.value_range, found.value_mean, found.value_std) == (False, None, 0, 1)
    assert found.item_ids.tokens == ("x",)
    assert found.context_tokens.tokens == ()
    assert label(poor.tasks, dataset, parts.train) == ()


def test_a_constant_number_is_not_divided_by(spec: JobSpec, tmp_path: Path) -> None:
    dataset, _, _ = fitted(spec, tmp_path)
    alone = replace(
        dataset,
        interactions=replace(
            dataset.interactions, values=np.full(len(dataset.interactions), 4, dtype=np.float32)
        ),
    )
    found = fit_features(alone, np.array([0]), spec, text_size=0)
    assert (found.value_std, found.value_range) == (1, (4, 4))
    assert [field.std for field in found.item_fields] == [1] * 5


def test_extend_features_appends_what_came_later_and_moves_nothing(spec: JobSpec, tmp_path: Path) -> None:
    dataset, parts, found = fitted(spec, tmp_path)
    more = extend_features(found, dataset, np.arange(len(dataset.interactions)))
    new = {
        name: getattr(more, name).tokens[len(getattr(found, name).tokens) :]
        for name in ("item_ids", "actions", "item_tokens", "user_tokens", "context_tokens")
    }
    assert new["item_ids"] == ("C", "E")
    assert new["actions"] == ("save",)
    assert new["item_tokens"] == ("brand=y", "genres=Film-Noir")
    assert new["user_tokens"] == ("gender=X",)
    assert set(new["context_tokens"]) >= {"device=tv", "device=watch"}
    for name in new:
        assert getattr(more, name).tokens[: len(getattr(found, name).tokens)] == getattr(found, name).tokens
    same = set(type(found).model_fields) - set(new)
    assert more.model_dump(include=same) == found.model_dump(include=same)
    assert extend_features(found, dataset, parts.train) == found
