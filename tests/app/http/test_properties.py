"""Whatever a caller sends, at every endpoint: never a 5xx, never an answer of another shape."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel

from app.schemas.answers import BatchAnswer, ErrorAnswer, RankAnswer, RecommendAnswer
from app.schemas.record_answers import (
    ErasureAnswer,
    EventsAnswer,
    ItemAnswer,
    ItemDeletion,
    ModelAnswer,
    SimilarAnswer,
    UserAnswer,
    UserPutAnswer,
)

REFUSALS = {404, 405, 408, 413, 415, 422, 429}
EXAMPLES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
    | st.sampled_from(["", "1", "\x00", "NaN", 10**400, -1, 1e308, "x" * 600]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


def mostly(good: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """A good value, seven times in eight."""
    return st.integers(0, 7).flatmap(lambda draw: good if draw else junk)


def body(**fields: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """An object of some of the fields, most of them good, seldom with one that nobody knows."""
    known = st.fixed_dictionaries({}, optional={name: mostly(good) for name, good in fields.items()})
    strange = st.dictionaries(st.text(max_size=5), junk, max_size=1)
    return st.integers(0, 9).flatmap(
        lambda draw: known if draw else st.builds(lambda a, b: {**a, **b}, known, strange)
    )


ids = st.sampled_from(["0", "7", "59", "u1", "u2", "nope", "a/b", "x\n"]) | st.text(min_size=1, max_size=12)
times = (
    st.floats(0, 1e11)
    | st.integers(0, 2**31)
    | st.datetimes(min_value=datetime(1970, 1, 2)).map(lambda t: t.isoformat() + "Z")
)
actions = st.sampled_from(["view", "like", "dislike", "rate", "listen", "hum"])
values = st.none() | st.floats(1, 5) | st.floats()
labels = st.dictionaries(
    st.sampled_from(["device", "location", "season", "mood"]), st.text(min_size=1), max_size=3
)
context = body(timestamp=times, device=st.text(min_size=1), season=st.just("winter"), mood=st.just("low"))
event = body(item_id=ids, action=actions, value=values, timestamp=times, context=labels)
fields = st.sampled_from(["title", "genres", "year", "image", "item_id", "colour"])
comparison = st.fixed_dictionaries(
    {
        "field": mostly(fields),
        "op": mostly(
            st.sampled_from(["eq", "ne", "in", "gt", "gte", "lt", "lte", "has_any", "has_all", "exists"])
        ),
        "value": mostly(
            st.sampled_from([1990, 1990.5, "comedy", True, ["comedy", "drama"], [1990], [], "7"])
        ),
    }
)
filters = st.recursive(
    comparison,
    lambda inner: (
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"not": inner})
    ),
    max_leaves=5,
)
common = {
    "user_id": ids,
    "limit": st.integers(1, 100),
    "scene": st.sampled_from(["home", "nowhere"]),
    "context": context,
    "session": st.lists(event, max_size=5),
    "query": st.text(max_size=30),
    "weights": st.dictionaries(
        st.sampled_from(["next", "like", "rating", "genre", "daypart", "colour"]),
        st.floats(-100, 100),
        max_size=4,
    ),
    "diversity": body(
        method=st.sampled_from(["none", "mmr", "dpp"]),
        strength=st.floats(0, 1),
        max_per_category=st.integers(1, 5),
    ),
    "filter": filters,
    "exclude_ids": st.lists(ids, max_size=5),
    "exclude_seen": st.booleans(),
    "fields": st.lists(fields, max_size=3),
    "explain": st.booleans(),
    "cursor": st.none() | st.text(max_size=10),
}
asked = st.lists(ids, min_size=1, max_size=12)
stored_event = body(
    event_id=ids,
    user_id=ids,
    item_id=ids,
    action=actions,
    value=values,
    timestamp=times,
    context=labels,
    recommendation_id=ids,
    rank=st.integers(1, 50),
)
attributes = st.dictionaries(
    st.sampled_from(["title", "genres", "year", "colour"]),
    st.text(max_size=5) | st.floats() | st.lists(st.text(min_size=1, max_size=5), max_size=3),
    max_size=3,
)
vectors = st.dictionaries(
    st.sampled_from(["image", "title"]), st.lists(st.floats(), min_size=2, max_size=3), max_size=1
)
profiles = st.dictionaries(st.sampled_from(["job", "age"]), st.text(max_size=5) | st.floats(), max_size=2)

POSTS: dict[str, tuple[SearchStrategy[Any], type[BaseModel]]] = {
    "/v1/recommend": (body(**common), RecommendAnswer),
    "/v1/rank": (body(**common, item_ids=asked), RankAnswer),
    "/v1/batch-score": (
        body(
            groups=st.lists(
                body(user_id=ids, item_ids=asked, context=context, session=st.lists(event, max_size=3)),
                max_size=4,
            )
        ),
        BatchAnswer,
    ),
    "/v1/events": (body(events=st.lists(stored_event, max_size=5)), EventsAnswer),
    "/v1/model/reload": (
        body(bundle=st.sampled_from(["first", "second", "absent", "../first"])),
        ModelAnswer,
    ),
}
PUTS: dict[str, tuple[SearchStrategy[Any], type[BaseModel]]] = {
    "items": (
        body(
            attributes=attributes,
            text=st.dictionaries(st.just("title"), st.text(max_size=9)),
            vectors=vectors,
            available=st.booleans(),
        ),
        ItemAnswer,
    ),
    "users": (body(attributes=profiles, interests=st.text(max_size=20)), UserPutAnswer),
}


def hold_to_shape(response: httpx.Response, answer: type[BaseModel]) -> None:
    if response.status_code == 200:
        answer.model_validate_json(response.content)
        return
    assert response.status_code in REFUSALS, response.text
    error = ErrorAnswer.model_validate_json(response.content).error
    assert error.code and error.message and len(error.message) < 2000


def send(service: httpx.Client, method: str, path: str, content: object) -> httpx.Response:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return service.request(method, path, content=raw, headers={"content-type": "application/json"})


@pytest.mark.parametrize("path", POSTS)
def test_posts(service: httpx.Client, path: str) -> None:
    bodies, answer = POSTS[path]

    @EXAMPLES
    @given(bodies)
    def hold(content: object) -> None:
        hold_to_shape(send(service, "POST", path, content), answer)

    hold()


@pytest.mark.parametrize("kind", PUTS)
def test_records_put_read_and_deleted(service: httpx.Client, kind: str) -> None:
    bodies, answer = PUTS[kind]
    deletion = ItemDeletion if kind == "items" else ErasureAnswer
    read, shown = ("/similar", SimilarAnswer) if kind == "items" else ("", UserAnswer)

    @EXAMPLES
    @given(ids, bodies, st.booleans())
    def hold(name: str, content: object, gone: bool) -> None:
        path = f"/v1/{kind}/{quote(name, safe='')}"
        hold_to_shape(send(service, "PUT", path, content), answer)
        hold_to_shape(service.get(path + read), shown)
        if gone:
            hold_to_shape(service.delete(path), deletion)
        hold_to_shape(send(service, "POST", "/v1/recommend", {"user_id": name, "limit": 50}), RecommendAnswer)

    hold()


@pytest.mark.parametrize("path", [*POSTS, "/v1/items/7", "/v1/users/u1"])
def test_bytes_that_are_no_object(service: httpx.Client, path: str) -> None:
    method = "POST" if path in POSTS else "PUT"

    @EXAMPLES
    @given(st.binary(max_size=40) | junk.map(lambda value: json.dumps(value).encode()))
    def hold(content: bytes) -> None:
        answer = POSTS[path][1] if path in POSTS else PUTS[path.split("/")[2]][1]
        hold_to_shape(send(service, method, path, content), answer)

    hold()


@EXAMPLES
@given(content=body(**common))
def test_every_cursor_that_is_answered_is_taken(service: httpx.Client, content: dict[str, Any]) -> None:
    first = send(service, "POST", "/v1/recommend", content)
    cursor = first.json().get("cursor")
    if cursor is not None:
        second = send(service, "POST", "/v1/recommend", {"cursor": cursor})
        page = RecommendAnswer.model_validate_json(second.content)
        shown = {item["item_id"] for item in first.json()["items"]}
        assert shown.isdisjoint(item.item_id for item in page.items)
