"""What happens around every request: its id, its time, its limits, and the answer where all else failed.

Pure ASGI: a wrapped request costs no extra task and no copy of the body.
"""

import asyncio
import re
import time
import uuid
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.responses import CODE, REQUEST_ID, error_response, route_of
from app.errors import ChorusError, PayloadTooLargeError, TooManyRequestsError, UnavailableError
from app.telemetry import Metrics, log_request

GONE = 499
"""Logged where the caller left before the answer: nobody is there to be told."""
GUARDED = "/v1/"
"""Paths that count against the concurrency limit; health and metrics always answer."""

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class Observed:
    """Around the rest: request id, metrics and one log line. A bug passes through, to the handler of all errors."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _SANE.fullmatch(given) else uuid.uuid4().hex
        scope[REQUEST_ID] = request_id
        answer = _Answer(send, request_id)
        started = time.perf_counter()
        try:
            with self.metrics.in_flight.track_inprogress():
                await self.app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = answer.status or GONE
        except asyncio.CancelledError:  # the service stops, and this request has had its grace
            if answer.status is None:
                await self._sorry(scope, receive, answer)
            raise
        finally:
            self._record(scope, answer, time.perf_counter() - started)

    @staticmethod
    async def _sorry(scope: Scope, receive: Receive, answer: "_Answer") -> None:
        stopping = UnavailableError("expected an answer before the service stops, given none in time")
        scope[CODE] = stopping.code
        await error_response(stopping, {"connection": "close"})(scope, receive, answer.send)

    def _record(self, scope: Scope, answer: "_Answer", seconds: float) -> None:
        route, status = route_of(scope), answer.status or ChorusError.status
        self.metrics.answered(route, scope["method"], status, seconds)
        if answer.status is None or CODE in scope:
            self.metrics.failed(scope.get(CODE, ChorusError.code))
        log_request(
            {
                "request_id": answer.request_id,
                "method": scope["method"],
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 3),
            }
        )


@dataclass(slots=True)
class _Answer:
    """What has been sent so far; adds the request id to the headers."""

    forward: Send
    request_id: str
    status: int | None = field(default=None)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID] = self.request_id
        await self.forward(message)


class Bounded:
    """Refuses a body past `max_body_bytes` (413), and more than `max_concurrency` at once (429)."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, max_concurrency: int) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.max_concurrency = max_concurrency
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            scope[CODE] = refusal.code
            await error_response(refusal)(scope, receive, send)
            return
        self._in_work += 1
        try:
            await self.app(scope, self._counted(receive), send)
        finally:
            self._in_work -= 1

    def _refusal(self, scope: Scope) -> ChorusError | None:
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and (len(length) > 18 or int(length) > self.max_body_bytes):
            return self._too_large()
        if self._in_work >= self.max_concurrency:
            return TooManyRequestsError(
                f"expected at most {self.max_concurrency} requests at once, given more"
            )
        return None

    def _counted(self, receive: Receive) -> Receive:
        """The same, raising PayloadTooLargeError once a body without a declared length grows too large."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.max_body_bytes:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> PayloadTooLargeError:
        return PayloadTooLargeError(f"expected a body of at most {self.max_body_bytes} bytes, given more")
