"""Encode and resolve cursors: the query that continues, and the ids of the items already shown.

A cursor is signed with HMAC-SHA256 (RFC 2104) and opened only if its signature is right, so that nobody but the
service decides what is unpacked.
"""

import base64
import binascii
import hmac
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeGuard, TypeVar

import orjson
from pydantic import ValidationError

from app.api.schemas.recommendation import CURSOR_LENGTH, ListRequest
from app.errors import InvalidCursorError, InvalidRequestError

VERSION = 2
PURPOSE = b"chorus cursor 2\0"
"""Keeps a signature of the same key for another purpose from counting as one of a cursor."""
SIGNATURE_BYTES = 16
WORDS = frozenset({"query", "plan"})
"""The two forms of a request's words, of which it has one at most."""
MAX_SHOWN = 2000
"""The most items of a list over all pages, since the cursor has all their ids."""
MAX_UNPACKED = 1 << 20
"""The most bytes of an unpacked cursor."""

Query = TypeVar("Query", bound=ListRequest)
Query_co = TypeVar("Query_co", bound=ListRequest, covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[Query_co]):
    """A request whose cursor is resolved, and the ids shown on the pages before it."""

    request: Query_co
    shown: tuple[str, ...] = ()


def encode_cursor(page: Page[ListRequest], item_ids: Sequence[str], key: bytes) -> str | None:
    """The cursor of the page after this one, which shows `item_ids`; None if it would be too large."""
    shown = (*page.shown, *item_ids)
    if len(shown) > MAX_SHOWN:
        return None
    query = page.request.model_dump_json(
        exclude_unset=True, exclude_none=True, by_alias=True, exclude={"cursor"}
    )
    kind = type(page.request).__name__
    payload = {"v": VERSION, "kind": kind, "query": orjson.Fragment(query), "shown": shown}
    content = zlib.compress(orjson.dumps(payload))
    packed = base64.urlsafe_b64encode(_sign(content, key) + content).decode()
    return packed if len(packed) <= CURSOR_LENGTH else None


def resolve_page(request: Query, key: bytes) -> Page[Query]:
    """The requested page: the cursor's query, overridden by the fields given beside the cursor.

    `key` is that of the installation. Raises InvalidCursorError for a cursor that is not from an answer of this
    endpoint, and InvalidRequestError for the cursor of another user.
    """
    if request.cursor is None:
        return Page(request)
    payload = _unpack(request.cursor, key)
    query, shown = payload.get("query"), payload.get("shown")
    if payload.get("v") != VERSION or payload.get("kind") != type(request).__name__:
        raise _refuse("a cursor of another kind of request")
    if not isinstance(query, dict) or not _are_ids(shown):
        raise _refuse("one of another shape")
    overrides = request.model_dump(
        mode="json", exclude_unset=True, exclude_none=True, by_alias=True, exclude={"cursor"}
    )
    if overrides.get("user_id", query.get("user_id")) != query.get("user_id"):
        raise InvalidRequestError("expected the user_id of the cursor, given another", "user_id")
    if WORDS & overrides.keys():  # other words replace those of the cursor, in either form
        query = {key: value for key, value in query.items() if key not in WORDS}
    return Page(_override(type(request), query, overrides), tuple(shown))


def _override(kind: type[Query], query: dict[str, object], overrides: dict[str, object]) -> Query:
    try:
        return kind.model_validate_json(orjson.dumps({**query, **overrides}))
    except ValidationError as error:  # the overrides are valid: the query is not
        raise _refuse("one whose query is not valid") from error


def _unpack(cursor: str, key: bytes) -> dict[str, object]:
    try:
        signed = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        signature, content = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _sign(content, key)):
            raise _refuse("something else")
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(content, MAX_UNPACKED)
        is_complete = unpacker.eof and not unpacker.unused_data
        payload = orjson.loads(raw) if is_complete else None
    except (UnicodeEncodeError, binascii.Error, zlib.error, orjson.JSONDecodeError) as error:
        raise _refuse("something else") from error
    if not isinstance(payload, dict):
        raise _refuse("something else")
    return payload


def _sign(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, PURPOSE + content, "sha256")[:SIGNATURE_BYTES]


def _are_ids(shown: object) -> TypeGuard[list[str]]:
    return (
        isinstance(shown, list) and len(shown) <= MAX_SHOWN and all(isinstance(item, str) for item in shown)
    )


def _refuse(what: str) -> InvalidCursorError:
    return InvalidCursorError(f"expected a cursor from an answer of this endpoint, given {what}", "cursor")
