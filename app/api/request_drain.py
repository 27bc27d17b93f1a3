"""Drain the unread request body so that the client receives the response (RFC 9112, 9.6).

A connection that is closed with unread bytes is reset, and a client that is still sending loses the response.
"""

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BYTES = 64 << 20
"""A client that sends more than this after the response is cut off."""
TIMEOUT_S = 5.0
"""A client that sends for longer than this after the response is cut off."""
MAX_DRAINS = 64
"""Bodies drained at once. Further clients are cut off, so that a flood of refusals does not hold sockets open."""


class RequestDrain:
    """Sends the response at once, and ends it when the rest of the body has arrived or exceeds a limit.

    A client that reads the response while it sends can stop sending. A client that waits for `100 Continue` sends
    nothing, so its body is not waited for.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_bytes: int = MAX_BYTES,
        timeout_s: float = TIMEOUT_S,
        max_drains: int = MAX_DRAINS,
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.timeout_s = timeout_s
        self.max_drains = max_drains
        self._drains = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not has_body(headers := Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        asks_first = headers.get("expect", "").lower() == "100-continue"
        exchange = _Exchange(receive, send, is_sending=not asks_first)
        await self.app(scope, exchange.receive, exchange.send)
        if exchange.end is not None:
            if exchange.is_sending and self._drains < self.max_drains:
                await self._drain(exchange)
            await send(exchange.end)

    async def _drain(self, exchange: "_Exchange") -> None:
        self._drains += 1
        try:
            with anyio.move_on_after(self.timeout_s):
                await exchange.discard(self.max_bytes)
        finally:
            self._drains -= 1


class _Exchange:
    """A request's body and its response. The response's `end` is held back while the body may have unread bytes.

    `is_sending` is true if the client sends its body: from the start, or, after `Expect: 100-continue`, once the
    body is first read.
    """

    def __init__(self, receive: Receive, send: Send, is_sending: bool) -> None:
        self.end: Message | None = None
        self.is_sending = is_sending
        self._receive = receive
        self._send = send
        self._has_more = True

    async def receive(self) -> Message:
        self.is_sending = True  # the server sends `100 Continue` with the first read
        message = await self._receive()
        self._has_more = message.get("more_body", False)  # a disconnect has no more either
        return message

    async def send(self, message: Message) -> None:
        if self._has_more and message["type"] == "http.response.start":
            MutableHeaders(scope=message)["connection"] = "close"
        is_end = message["type"] == "http.response.body" and not message.get("more_body", False)
        if self._has_more and is_end:
            self.end = {"type": "http.response.body", "body": b"", "more_body": False}
            message = {**message, "more_body": True}
        await self._send(message)

    async def discard(self, max_bytes: int) -> None:
        """Read up to the end of the body, or until more than `max_bytes` of it are read."""
        discarded = 0
        while self._has_more and discarded <= max_bytes:
            discarded += len((await self.receive()).get("body", b""))


def has_body(headers: Headers) -> bool:
    """Whether a request has a body, by its headers."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
