"""Ids in paths, with any percent-encoded characters, including slashes and line breaks."""

from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Path, Request
from starlette.convertors import PathConvertor, register_url_convertor

from app.api.schemas.scalars import ID_LENGTH
from app.errors import InvalidRequestError

CONVERTOR = "anything"


class _AnyCharacters(PathConvertor):
    """A path convertor that also accepts line breaks, which Starlette's does not."""

    regex = "(?s:.*)"


register_url_convertor(CONVERTOR, _AnyCharacters())

ITEM = f"/items/{{item_id:{CONVERTOR}}}"
SIMILAR_ENDING = "/similar"
SIMILAR = f"{ITEM}{SIMILAR_ENDING}"
USER = f"/users/{{user_id:{CONVERTOR}}}"
MERGE = f"{USER}/merge"

_PathId = Annotated[str, Path(min_length=1, max_length=ID_LENGTH)]


async def read_item_id(request: Request, item_id: _PathId) -> str:
    """The item's id; raises InvalidRequestError if it is not UTF-8."""
    _check_utf8(request, "item_id")
    return item_id


async def read_user_id(request: Request, user_id: _PathId) -> str:
    """The user's id; raises InvalidRequestError if it is not UTF-8."""
    _check_utf8(request, "user_id")
    return user_id


def is_literal(request: Request, ending: str) -> bool:
    """Whether the path as sent has this ending; False if the id itself ends so, as in "a%2Fsimilar"."""
    raw: bytes = request.scope.get("raw_path") or ending.encode()
    return raw.endswith(ending.encode())


def _check_utf8(request: Request, field: str) -> None:
    """The server replaces bytes that are not UTF-8 by U+FFFD, which would give two ids the same text."""
    raw: bytes = request.scope.get("raw_path") or b""
    try:
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            "expected an id in UTF-8, percent-encoded, given other bytes", field
        ) from error


ItemId = Annotated[str, Depends(read_item_id)]
UserId = Annotated[str, Depends(read_user_id)]
