"""Whatever a caller sends, at every endpoint: never a 5xx, never another shape; what is valid is answered."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel

from app.api.schemas.batch import BatchAnswer
from app.api.schemas.errors import ErrorAnswer
from app.api.schemas.events import EventsAnswer
from app.api.schemas.items import ItemAnswer, ItemDeletion, ItemShown
from app.api.schemas.model import ModelAnswer
from app.api.schemas.recommendation import RankAnswer, RecommendAnswer
from app.api.schemas.rows import StoredRowsAnswer
from app.api.schemas.similar import SimilarAnswer, SimilarToAllAnswer
from app.api.schemas.users import ErasureAnswer, MergeAnswer, UserAnswer, UserPutAnswer

REFUSALS = {404, 413, 415, 422}
EXAMPLES = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
Bodies = SearchStrategy[Any]

surrogates = st.characters(codec=None, exclude_categories=())
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(surrogates, max_size=8)
    | st.sampled_from(["", "1", "\x00", "NaN", 10**400, -1, 1e308, "x" * 600]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)


class Maker:
    """Bodies of every endpoint: valid ones, or wild ones, of whose parts one in twelve or so is not."""

    def __init__(self, wild: bool) -> None:
        self.wild = wild
        self.ids = self.part(
            st.sampled_from(["0", "7", "u1", "a/b", "x\n"]) | st.text(min_size=1, max_size=12)
        )
        self.numbers = self.part(st.floats(1, 5), st.floats() | st.none())
        self.flags = self.part(st.booleans())
        moments = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(
            lambda moment: f"{moment.isoformat()}Z"
        )
        self.times = self.part(st.floats(0, 1e11) | st.integers(0, 2**31) | moments)
        past = moments.filter(lambda moment: moment < "2025")
        self.past = self.part(st.floats(0, 1.7e9) | st.integers(0, 1_700_000_000) | past, st.just(1e11))
        self.labels = self.object(device=self.part(st.text(min_size=1)), season=self.part(st.just("winter")))
        self.actions = self.part(st.sampled_from(["view", "dislike", "rate", "listen"]), st.just("hum"))
        self.fields = self.part(
            st.sampled_from(["title", "genres", "year"]), st.sampled_from(["image", "hue"])
        )

    def part(self, good: Bodies, wrong: Bodies = junk) -> Bodies:
        """A good value; in a wild body now and then a wrong one or junk."""
        if not self.wild:
            return good
        return st.integers(0, 23).flatmap(lambda drawn: {0: junk, 1: wrong}.get(drawn, good))

    def object(self, required: dict[str, Bodies] | None = None, **optional: Bodies) -> Bodies:
        """An object; a wild one may lack what is required, or have a field that nobody knows."""
        if not self.wild:
            return st.fixed_dictionaries(required or {}, optional=optional)
        whole = st.fixed_dictionaries(required or {}, optional=optional)
        torn = st.fixed_dictionaries({}, optional={**(required or {}), **optional})
        strange = st.builds(
            lambda one, two: {**one, **two}, whole, st.dictionaries(st.text(max_size=5), junk)
        )
        return st.integers(0, 23).flatmap(lambda drawn: {0: torn, 1: strange, 2: junk}.get(drawn, whole))

    def event(self, **further: Bodies) -> Bodies:
        needed = {"item_id": self.ids, "action": self.actions, "value": self.numbers}
        return self.object(
            {**needed, **({"user_id": self.ids} if further else {})},
            timestamp=self.past,
            context=self.labels,
            **further,
        )

    def stored(self) -> Bodies:
        rank = self.part(st.integers(1, 9))
        return self.event(event_id=self.ids, recommendation_id=self.ids, rank=rank)

    def filter(self) -> Bodies:
        plain = [
            {"field": "year", "op": "gte", "value": 1990},
            {"field": "year", "op": "in", "value": [1990, 1991.5]},
            {"field": "genres", "op": "has_any", "value": ["comedy", "\x00"]},
            {"field": "title", "op": "ne", "value": "Title 7"},
            {"field": "item_id", "op": "exists", "value": True},
        ]
        ops = st.sampled_from(["eq", "in", "gt", "lte", "has_all", "exists", "like"])
        operands = st.sampled_from([1990, "comedy", True, ["comedy"], [1990], [], None])
        wrong = st.fixed_dictionaries({"field": self.fields, "op": ops, "value": operands})
        return st.recursive(
            self.part(st.sampled_from(plain), wrong),
            lambda inner: (
                st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)})
                | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
                | st.fixed_dictionaries({"not": inner})
            ),
            max_leaves=4,
        )

    def asking(self) -> dict[str, Bodies]:
        heads = st.sampled_from(["next", "like", "rating", "genre", "daypart"])
        weights = st.dictionaries(heads, st.floats(0.1, 100) | st.floats(-100, -0.1), min_size=1, max_size=4)
        return {
            "user_id": self.ids,
            "limit": self.part(st.integers(1, 100)),
            "scene": self.part(st.just("home"), st.just("nowhere")),
            "context": self.object(timestamp=self.times, device=self.ids, season=self.ids),
            "query": self.part(st.text(max_size=30)),
            "weights": self.part(weights, st.dictionaries(st.text(max_size=5), st.floats())),
            "diversity": self.object(
                method=self.part(st.sampled_from(["none", "mmr", "dpp"])),
                strength=self.part(st.floats(0, 1)),
                **dict.fromkeys(("max_per_category", "max_consecutive"), self.part(st.integers(1, 5))),
            ),
            "popularity": self.object({"debias": self.part(st.floats(0, 1))}),
            "filter": self.filter(),
            "exclude_ids": self.part(st.lists(self.ids, max_size=5)),
            "exclude_seen": self.flags,
            "fields": self.part(st.lists(self.fields, max_size=3)),
            "explain": self.flags,
            "cursor": self.part(st.none()),
        }

    def sessions(self) -> Bodies:
        return self.part(st.lists(self.event(), max_size=4))

    def asked(self) -> Bodies:
        return self.part(st.lists(self.ids, min_size=1, max_size=12, unique_by=repr))

    def posts(self, path: str) -> Bodies:
        """Bodies of the endpoint at a path."""
        who = {"session": self.sessions()}
        if path == "/v1/recommend":
            return self.object(who, **self.asking())
        if path == "/v1/rank":
            return self.object({**who, "item_ids": self.asked()}, **self.asking())
        if path == "/v1/batch-score":
            group = self.object({"item_ids": self.asked()}, user_id=self.ids, context=self.labels, **who)
            return self.object({"groups": self.part(st.lists(group, min_size=1, max_size=4))})
        if path == "/v1/events":
            return self.object({"events": self.part(st.lists(self.stored(), min_size=1, max_size=5))})
        if path in ("/v1/items", "/v1/users"):
            return self.table(path.removeprefix("/v1/"))
        if path == "/v1/items/similar":
            given = {"item_ids": self.part(st.sampled_from([["0"], ["7", "nope"], ["8", "x"]]))}
            return self.object(given, user_id=self.ids, filter=self.filter())
        if path == MERGE:
            return self.object({"from": self.part(st.sampled_from(["u1", "u2", "a/b"]), st.just("merged"))})
        assert path == "/v1/model/reload"
        names = self.part(
            st.sampled_from(["first", "second"]), st.sampled_from(["absent", "broken", "../first"])
        )
        return self.object({"bundle": names})

    def table(self, kind: str) -> Bodies:
        """Rows of items or users, each with an id."""
        name = f"{kind[:-1]}_id"
        rows = st.tuples(VALID.ids, self.puts(kind)).map(
            lambda row: {**row[1], name: row[0]} if isinstance(row[1], dict) else row[1]
        )
        return self.object({kind: self.part(st.lists(rows, min_size=1, max_size=4))})

    def puts(self, kind: str) -> Bodies:
        """Bodies of an item or a user."""
        texts = self.part(st.text(max_size=9))
        if kind == "users":
            return self.object(attributes=self.object(job=texts), interests=texts)
        genres = self.part(st.lists(st.text(min_size=1, max_size=5), max_size=3))
        vector = self.part(st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3), st.lists(st.floats()))
        years = self.part(st.floats(allow_nan=False, allow_infinity=False))
        parts = {
            "attributes": self.object(genres=genres, year=years),
            "text": self.object(title=texts) | texts,
            "vectors": self.object(image=vector),
        }
        names = st.sampled_from(["available", "availability"])
        return names.flatmap(lambda name: self.object(**parts, **{name: self.flags}))


VALID, WILD = Maker(wild=False), Maker(wild=True)
MERGE = "/v1/users/merged/merge"
POSTS: dict[str, type[BaseModel]] = {
    "/v1/items": StoredRowsAnswer,
    "/v1/users": StoredRowsAnswer,
    "/v1/items/similar": SimilarToAllAnswer,
    MERGE: MergeAnswer,
    "/v1/recommend": RecommendAnswer,
    "/v1/rank": RankAnswer,
    "/v1/batch-score": BatchAnswer,
    "/v1/events": EventsAnswer,
    "/v1/model/reload": ModelAnswer,
}
PUTS: dict[str, type[BaseModel]] = {"items": ItemAnswer, "users": UserPutAnswer}


def hold_to_shape(response: httpx.Response, answer: type[BaseModel], valid: bool = False) -> None:
    if response.status_code == 200:
        answer.model_validate_json(response.content)
        return
    assert not valid and response.status_code in REFUSALS, response.text
    error = ErrorAnswer.model_validate_json(response.content).error
    assert error.code and error.message and len(error.message) < 2000


def is_no_dot_segment(name: str) -> bool:
    """Clients remove the path segments "." and ".." before they send (RFC 3986, 5.2.4): no request names them."""
    return name not in {".", ".."}


def send(service: httpx.Client, method: str, path: str, content: object) -> httpx.Response:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return service.request(method, path, content=raw, headers={"content-type": "application/json"})


@pytest.mark.parametrize("maker", [VALID, WILD], ids=["valid", "wild"])
@pytest.mark.parametrize("path", POSTS)
def test_posts(service: httpx.Client, path: str, maker: Maker) -> None:
    @EXAMPLES
    @given(maker.posts(path))
    def hold(content: object) -> None:
        hold_to_shape(send(service, "POST", path, content), POSTS[path], valid=not maker.wild)

    hold()


@EXAMPLES
@given(torn=st.lists(WILD.stored() | junk, max_size=5), place=st.integers(0, 5))
def test_beside_an_event_that_is_right_no_other_refuses_the_call(
    service: httpx.Client, torn: list[object], place: int
) -> None:
    text = json.dumps(torn, ensure_ascii=False)
    assume(text.encode(errors="ignore").decode() == text)  # half a surrogate pair is no JSON
    events = [*torn[:place], {"user_id": "u1", "item_id": "7", "action": "view"}, *torn[place:]]
    answer = EventsAnswer.model_validate_json(send(service, "POST", "/v1/events", {"events": events}).content)
    rejected = [one.index for one in answer.rejected]
    assert answer.accepted + answer.duplicates + len(rejected) == len(events)
    assert rejected == sorted(set(rejected)) and min(place, len(torn)) not in rejected


@pytest.mark.parametrize("maker", [VALID, WILD], ids=["valid", "wild"])
@pytest.mark.parametrize("kind", PUTS)
def test_records_put_read_and_deleted(service: httpx.Client, kind: str, maker: Maker) -> None:
    deletion = ItemDeletion if kind == "items" else ErasureAnswer
    read, shown = ("/similar", SimilarAnswer) if kind == "items" else ("", UserAnswer)

    @EXAMPLES
    @given(VALID.ids.filter(is_no_dot_segment), maker.puts(kind), st.booleans())
    def hold(name: str, content: object, gone: bool) -> None:
        path = f"/v1/{kind}/{quote(name, safe='')}"
        put = send(service, "PUT", path, content)
        hold_to_shape(put, PUTS[kind], valid=not maker.wild)
        hold_to_shape(service.get(path + read), shown, valid=put.status_code == 200)
        if kind == "items":
            hold_to_shape(send(service, "PATCH", path, content), ItemAnswer)
            hold_to_shape(service.get(path), ItemShown, valid=put.status_code == 200)
        if gone:
            hold_to_shape(service.delete(path), deletion, valid=put.status_code == 200)
        asked = {"user_id": name, "limit": 50, "explain": True}
        hold_to_shape(send(service, "POST", "/v1/recommend", asked), RecommendAnswer, valid=True)

    hold()


@pytest.mark.parametrize("path", [*POSTS, "/v1/items/7", "/v1/users/u1"])
def test_bytes_that_are_no_object(service: httpx.Client, path: str) -> None:
    method, answer = ("POST", POSTS[path]) if path in POSTS else ("PUT", PUTS[path.split("/")[2]])

    @EXAMPLES
    @given(st.binary(max_size=40) | junk.map(lambda value: json.dumps(value).encode()))
    def hold(content: bytes) -> None:
        hold_to_shape(send(service, method, path, content), answer)

    hold()


@EXAMPLES
@given(content=VALID.posts("/v1/recommend"))
def test_a_cursor_that_is_answered_is_taken_and_repeats_nothing(
    service: httpx.Client, content: object
) -> None:
    first = RecommendAnswer.model_validate_json(send(service, "POST", "/v1/recommend", content).content)
    if first.cursor is not None:
        second = send(service, "POST", "/v1/recommend", {"cursor": first.cursor})
        page = RecommendAnswer.model_validate_json(second.content)
        assert {item.item_id for item in first.items}.isdisjoint(item.item_id for item in page.items)
