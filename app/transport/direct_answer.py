"""Error answers that need no application: their bytes, and an application that refuses."""

import uuid
from http import HTTPStatus

import anyio
import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.responses import REQUEST_ID, error_response
from app.errors import ChorusError

BODY_WAIT_S = 0.5
"""How long a refused request's body may take; if it takes longer the connection is closed."""

_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_JSON = "content-type: application/json\r\n"


def render_answer(error: ChorusError, is_kept: bool) -> bytes:
    """The whole response of an error as HTTP/1.1, after which the connection is kept or closed."""
    body = orjson.dumps({"error": error.shape()})
    headers = error.headers()
    headers[REQUEST_ID] = uuid.uuid4().hex
    if not is_kept:
        headers["connection"] = "close"
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    head = f"{_LINES[error.status]}{lines}content-length: {len(body)}\r\n{_JSON}\r\n"
    return head.encode("latin-1") + body


def make_refusal(error: ChorusError) -> ASGIApp:
    """An application that answers every request with this error, without parsing anything.

    It keeps the connection open if the body has arrived, since clients that must connect anew cost more than the
    refusal.
    """

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        headers = {REQUEST_ID: uuid.uuid4().hex}
        if not await _read_body(scope, receive):
            headers["connection"] = "close"
        await error_response(error, headers)(scope, receive, send)

    return refuse


async def _read_body(scope: Scope, receive: Receive) -> bool:
    """Whether the whole body has arrived, or the request has none."""
    headers = Headers(scope=scope)
    if "transfer-encoding" not in headers and headers.get("content-length", "0") == "0":
        return True
    if "expect" in headers:  # the body is not sent before `100 Continue`
        return False
    with anyio.move_on_after(BODY_WAIT_S):
        message = await receive()
        return not message.get("more_body", False)
    return False
