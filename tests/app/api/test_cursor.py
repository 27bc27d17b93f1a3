"""The cursor: what it carries on, what overrides it, and what it refuses."""

import base64
import hmac
import json
import random
import zlib
from typing import Any

import pytest

from app.api.cursor import MAX_SHOWN, MAX_UNPACKED, PURPOSE, SIGNATURE_BYTES, Page, Query, encode_cursor
from app.api.cursor import resolve_page as resolve
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.errors import InvalidCursorError, InvalidRequestError

KEY = b"k" * 32
BODY = {
    "user_id": "42",
    "limit": 2,
    "filter": {"not": {"field": "year", "op": "in", "value": [1990, 1991]}},
    "context": {"timestamp": "2025-11-21T16:00:00Z", "season": "winter"},
    "diversity": {"method": "none"},
    "explain": True,
}


def ask(**fields: Any) -> RecommendRequest:
    return RecommendRequest.model_validate_json(json.dumps(fields))


def resolve_page(request: Query) -> Page[Query]:
    return resolve(request, KEY)


def cursor_of(page: Page[RecommendRequest], *ids: str) -> str:
    cursor = encode_cursor(page, ids, KEY)
    assert cursor is not None
    return cursor


def pack(payload: object) -> str:
    """A cursor with the right signature."""
    return sign(zlib.compress(json.dumps(payload).encode()))


def sign(content: bytes) -> str:
    signature = hmac.digest(KEY, PURPOSE + content, "sha256")[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(signature + content).decode()


def test_the_next_page_inherits_the_query_and_remembers_what_was_shown() -> None:
    first = resolve_page(ask(**BODY))
    second = resolve_page(ask(cursor=cursor_of(first, "a", "b")))
    assert second.shown == ("a", "b")
    assert second.request == first.request
    third = resolve_page(ask(cursor=cursor_of(second, "c")))
    assert third.shown == ("a", "b", "c") and third.request == first.request


def test_fields_beside_the_cursor_override_and_stay_for_later_pages() -> None:
    cursor = cursor_of(resolve_page(ask(**BODY)), "a")
    page = resolve_page(ask(cursor=cursor, limit=7, explain=False, query=None))
    assert (page.request.limit, page.request.explain, page.request.user_id) == (7, False, "42")
    assert resolve_page(ask(cursor=cursor_of(page, "b"))).request.limit == 7


def test_the_same_user_may_be_named_and_another_may_not() -> None:
    cursor = cursor_of(resolve_page(ask(**BODY)), "a")
    assert resolve_page(ask(cursor=cursor, user_id="42")).request.user_id == "42"
    with pytest.raises(InvalidRequestError) as caught:
        resolve_page(ask(cursor=cursor, user_id="43"))
    assert caught.value.field == "user_id"
    anonymous = cursor_of(resolve_page(ask(session=[])), "a")
    with pytest.raises(InvalidRequestError):
        resolve_page(ask(cursor=anonymous, user_id="43"))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "AAAA",
        "!" * 40,
        sign(b"no zlib"),
        sign(zlib.compress(b"no json")),
        sign(zlib.compress(b"[]")[:-2]),
        sign(zlib.compress(b"[" * 100_000)),
        pack([]),
        pack({"v": 3, "kind": "RecommendRequest", "query": {"user_id": "1"}, "shown": []}),
        pack({"v": 2, "kind": "RankRequest", "query": {"user_id": "1"}, "shown": []}),
        pack({"v": 2, "kind": "RecommendRequest", "query": {"limit": 3}, "shown": []}),
        pack({"v": 2, "kind": "RecommendRequest", "query": {"user_id": 1}, "shown": []}),
        pack({"v": 2, "kind": "RecommendRequest", "query": {"user_id": "1"}, "shown": [1]}),
        pack(
            {"v": 2, "kind": "RecommendRequest", "query": {"user_id": "1"}, "shown": ["1"] * (MAX_SHOWN + 1)}
        ),
        pack({"v": 2, "kind": "RecommendRequest", "query": "x", "shown": []}),
    ],
)
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError) as caught:
        resolve_page(ask(cursor=cursor))
    assert caught.value.field == "cursor"


def test_a_cursor_that_unpacks_to_too_much_is_refused() -> None:
    bomb = sign(zlib.compress(b" " * (MAX_UNPACKED + 1) + b"{}"))
    assert len(bomb) < 10_000
    with pytest.raises(InvalidCursorError):
        resolve_page(ask(cursor=bomb))


def test_a_rank_cursor_is_not_a_recommend_cursor() -> None:
    ranked = RankRequest.model_validate_json('{"user_id": "1", "item_ids": ["a", "b"], "limit": 1}')
    cursor = encode_cursor(resolve_page(ranked), ["a"], KEY)
    page = resolve_page(RankRequest.model_validate_json(json.dumps({"cursor": cursor})))
    assert page.request.item_ids == ["a", "b"] and page.shown == ("a",)
    with pytest.raises(InvalidCursorError):
        resolve_page(ask(cursor=cursor))


def test_a_list_ends_after_so_many_items_or_so_large_a_query() -> None:
    page = resolve_page(ask(**BODY))
    assert encode_cursor(Page(page.request, ("x",) * (MAX_SHOWN - 1)), ["last"], KEY) is not None
    assert encode_cursor(Page(page.request, ("x",) * MAX_SHOWN), ["one more"], KEY) is None


def test_a_query_too_large_for_a_cursor_has_one_page() -> None:
    draw = random.Random(7)
    ids = [f"{draw.getrandbits(512):0128x}" for _ in range(2000)]
    assert encode_cursor(resolve_page(ask(user_id="1", exclude_ids=ids)), ["a"], KEY) is None


@pytest.mark.parametrize("levels", [10, 300, 100_000])
def test_nobody_else_decides_what_is_unpacked(levels: int) -> None:
    """A cursor of another installation is not opened, however deep its query is."""
    query = '{"not":' * levels + '{"field":"year","op":"gte","value":1}' + "}" * levels
    raw = f'{{"v": 2, "kind": "RecommendRequest", "query": {{"filter": {query}}}, "shown": []}}'
    content = zlib.compress(raw.encode())
    for signature in (
        b"",
        b"\0" * SIGNATURE_BYTES,
        hmac.digest(b"other", PURPOSE + content, "sha256")[:SIGNATURE_BYTES],
    ):
        with pytest.raises(InvalidCursorError):
            resolve_page(ask(cursor=base64.urlsafe_b64encode(signature + content).decode()[:48_000]))


def test_a_changed_cursor_is_refused() -> None:
    cursor = cursor_of(resolve_page(ask(**BODY)), "a")
    for at in range(0, len(cursor) - 2, 7):
        other = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
        with pytest.raises(InvalidCursorError):
            resolve_page(ask(cursor=other))


def test_a_deep_filter_that_was_accepted_can_be_continued() -> None:
    """The deepest filter that a request may have is also one that a cursor may carry."""
    part: dict[str, Any] = {"field": "year", "op": "gte", "value": 1}
    for _ in range(150):
        part = {"not": part}
    first = resolve_page(ask(user_id="1", filter=part))
    assert resolve_page(ask(cursor=cursor_of(first, "a"))).request == first.request
