"""The cursor: the query it continues and what it has shown, kept by the caller and not by the service."""

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeGuard, TypeVar

import orjson
from pydantic import ValidationError

from app.api.schemas.recommendation import CURSOR_LENGTH, RecommendRequest
from app.errors import InvalidCursorError, InvalidRequestError

VERSION = 1
SHOWN = 2000
"""Items after which a list ends: a longer cursor would cost more than it gives."""
UNPACKED = 1 << 20
"""Bytes that a cursor may unpack to."""

Request = TypeVar("Request", bound=RecommendRequest)


@dataclass(frozen=True, slots=True)
class Page(Generic[Request]):
    """A request, with its cursor resolved, and the ids of the pages before it."""

    request: Request
    shown: tuple[str, ...] = ()


def continued(page: Page[Request], ids: Sequence[str]) -> str | None:
    """The cursor of the page after this one, which showed `ids`; None where the list ends by its size."""
    shown = (*page.shown, *ids)
    if len(shown) > SHOWN:
        return None
    query = page.request.model_dump_json(
        exclude_unset=True, exclude_none=True, by_alias=True, exclude={"cursor"}
    )
    kind = type(page.request).__name__
    payload = {"v": VERSION, "kind": kind, "query": orjson.Fragment(query), "shown": shown}
    packed = base64.urlsafe_b64encode(zlib.compress(orjson.dumps(payload))).decode()
    return packed if len(packed) <= CURSOR_LENGTH else None


def resolve(request: Request) -> Page[Request]:
    """The page that a request asks for: its cursor's query, with the fields given beside the cursor above it.

    Raises InvalidCursorError for a cursor that this service did not make, or made for another kind of
    request, and InvalidRequestError where it is another user's.
    """
    if request.cursor is None:
        return Page(request)
    payload = _unpack(request.cursor)
    query, shown = payload.get("query"), payload.get("shown")
    if payload.get("v") != VERSION or payload.get("kind") != type(request).__name__:
        raise _foreign("a cursor of another kind of request")
    if not isinstance(query, dict) or not _are_ids(shown):
        raise _foreign("one of another shape")
    given = request.model_dump(
        mode="json", exclude_unset=True, exclude_none=True, by_alias=True, exclude={"cursor"}
    )
    if given.get("user_id", query.get("user_id")) != query.get("user_id"):
        raise InvalidRequestError("expected the cursor's own user_id, given another", "user_id")
    return Page(_merged(type(request), query, given), tuple(shown))


def _merged(kind: type[Request], query: dict[str, object], given: dict[str, object]) -> Request:
    """The cursor's query with the given fields, which are valid, above it."""
    try:
        return kind.model_validate_json(orjson.dumps({**query, **given}))
    except ValidationError as error:
        raise _foreign("one whose query is not valid") from error


def _unpack(cursor: str) -> dict[str, object]:
    try:
        packed = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(packed, UNPACKED)
        whole = unpacker.eof and not unpacker.unused_data
        payload = orjson.loads(raw) if whole else None
    except (UnicodeEncodeError, binascii.Error, zlib.error, orjson.JSONDecodeError) as error:
        raise _foreign("something else") from error
    if not isinstance(payload, dict):
        raise _foreign("something else")
    return payload


def _are_ids(shown: object) -> TypeGuard[list[str]]:
    return isinstance(shown, list) and len(shown) <= SHOWN and all(isinstance(item, str) for item in shown)


def _foreign(given: str) -> InvalidCursorError:
    return InvalidCursorError(f"expected a cursor from an answer of this endpoint, given {given}", "cursor")
