"""Ids in a path: any character at all, slashes and line breaks included, when percent-encoded."""

from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Path, Request
from starlette.convertors import PathConvertor, register_url_convertor

from app.api.schemas.scalars import ID_LENGTH
from app.errors import InvalidRequestError

CONVERTOR = "anything"


class _Anything(PathConvertor):
    """Starlette's own path convertor stops at a line break."""

    regex = "(?s:.*)"


register_url_convertor(CONVERTOR, _Anything())

ITEM = f"/items/{{item_id:{CONVERTOR}}}"
SIMILAR = f"{ITEM}/similar"
USER = f"/users/{{user_id:{CONVERTOR}}}"

_Given = Annotated[str, Path(min_length=1, max_length=ID_LENGTH)]


async def item_name(request: Request, item_id: _Given) -> str:
    """The item's id; raises InvalidRequestError where it is not UTF-8."""
    return _decoded(request, item_id, "item_id")


async def user_name(request: Request, user_id: _Given) -> str:
    """The user's id; raises InvalidRequestError where it is not UTF-8."""
    return _decoded(request, user_id, "user_id")


def _decoded(request: Request, given: str, field: str) -> str:
    """The server puts U+FFFD for what it cannot decode, which would make two ids one."""
    raw: bytes = request.scope.get("raw_path") or b""
    try:
        unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            "expected an id in UTF-8, percent-encoded, given other bytes", field
        ) from error
    return given


ItemName = Annotated[str, Depends(item_name)]
UserName = Annotated[str, Depends(user_name)]
