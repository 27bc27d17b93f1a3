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
MOST_WAITING = 64
"""While so many are waited for, the next is cut off at once: no flood of refusals holds sockets open."""


class Lingering:
    """Answers at once, and closes only when the rest of the body has come, or would be too much or too slow.

    The answer comes first: a caller that watches need not send the rest. One that still waits for `100 Continue`
    sends nothing, and nothing is waited for.
    """

    def __init__(
        self,
        app: ASGIApp,
        most_bytes: int = MOST_BYTES,
        patience_s: float = PATIENCE_S,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self.app = app
        self.most_bytes = most_bytes
        self.patience_s = patience_s
        self.most_waiting = most_waiting
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(headers := Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, asks_first=headers.get("expect", "").lower() == "100-continue")
        await self.app(scope, exchange.receive, exchange.send)
        if exchange.end is not None:
            if exchange.is_sent and self._waiting < self.most_waiting:
                await self._rest_of(exchange)
            await send(exchange.end)

    async def _rest_of(self, exchange: "_Exchange") -> None:
        self._waiting += 1
        try:
            with anyio.move_on_after(self.patience_s):
                await exchange.discard(self.most_bytes)
        finally:
            self._waiting -= 1


class _Exchange:
    """A body on its way in, and its answer, whose `end` is held back while there may be more of the body.

    The body `is_sent` from the start, or, by a caller that asks first, once it is asked for.
    """

    def __init__(self, receive: Receive, send: Send, asks_first: bool) -> None:
        self.end: Message | None = None
        self.is_sent = not asks_first
        self._receive = receive
        self._send = send
        self._more = True

    async def receive(self) -> Message:
        self.is_sent = True  # the server says `100 Continue` when it is first asked for the body
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
