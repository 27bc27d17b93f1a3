"""What a caller still sends when its answer is there: read and thrown away, so that the answer reaches it.

A connection closed on unread bytes is reset, and a caller that is still sending loses the answer (RFC 9112, 9.6).
"""

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 64 << 20
"""A caller that still sends more than this is cut off."""
PATIENCE_S = 5.0
"""So is one that takes longer."""


class Lingering:
    """Answers at once, and closes only when the rest of the body has come, or would be too much or too slow.

    The answer comes first: a caller that waits for `100 Continue`, or that watches, need not send the rest.
    """

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES, patience_s: float = PATIENCE_S) -> None:
        self.app = app
        self.most_bytes = most_bytes
        self.patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        await self.app(scope, exchange.receive, exchange.send)
        if exchange.end is not None:
            with anyio.move_on_after(self.patience_s):
                await exchange.discard(self.most_bytes)
            await send(exchange.end)


class _Exchange:
    """A body on its way in, and its answer, whose `end` is held back while there may be more of the body."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.end: Message | None = None
        self._receive = receive
        self._send = send
        self._more = True

    async def receive(self) -> Message:
        message = await self._receive()
        self._more = message.get("more_body", False)  # a caller that left sends no more, either
        return message

    async def send(self, message: Message) -> None:
        if self._more and message["type"] == "http.response.start":
            MutableHeaders(scope=message)["connection"] = "close"
        if self._more and message["type"] == "http.response.body" and not message.get("more_body", False):
            self.end = {"type": "http.response.body", "body": b"", "more_body": False}
            message = {**message, "more_body": True}
        await self._send(message)

    async def discard(self, most: int) -> None:
        """Read to the body's end, or past `most` bytes of it."""
        read = 0
        while self._more and read <= most:
            read += len((await self.receive()).get("body", b""))


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
