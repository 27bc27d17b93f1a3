"""ASGI middleware: request id, metrics and log line.

It is pure ASGI, so a request needs no extra task and no copy of its body.
"""

import asyncio
import re
import time
import uuid
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.rate_limits import RATE_LIMITS
from app.api.responses import ERROR_CODE, REQUEST_ID, error_response, route_template
from app.errors import ChorusError, UnavailableError
from app.telemetry import Metrics, log_request

CLIENT_LEFT = 499
"""The status in the log if the client disconnected before the answer."""
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)


class RequestObserver:
    """Gives each request an id, counts it and logs one line. An unexpected error passes through to its handler."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        requested_id = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = requested_id if _VALID_ID.fullmatch(requested_id) else uuid.uuid4().hex
        scope[REQUEST_ID] = request_id
        response = _Response(scope, send, request_id)
        started = time.perf_counter()
        try:
            with self.metrics.in_flight.track_inprogress():
                await self.app(scope, receive, response.send)
        except ClientDisconnect:
            response.status = response.status or CLIENT_LEFT
        except asyncio.CancelledError:  # the service stops, and the time for open requests is over
            if response.status is None:
                await self._answer_stopping(scope, receive, response)
            raise
        finally:
            self._record(scope, response, time.perf_counter() - started)

    @staticmethod
    async def _answer_stopping(scope: Scope, receive: Receive, response: "_Response") -> None:
        stopping = UnavailableError("The service stopped before it could answer")
        scope[ERROR_CODE] = stopping.code
        await error_response(stopping, {"connection": "close"})(scope, receive, response.send)

    def _record(self, scope: Scope, response: "_Response", seconds: float) -> None:
        route, status = route_template(scope), response.status or ChorusError.status
        self.metrics.count_request(route, scope["method"], status, seconds)
        if response.status is None or ERROR_CODE in scope:
            self.metrics.count_error(scope.get(ERROR_CODE, ChorusError.code))
        log_request(
            {
                "request_id": response.request_id,
                "method": scope["method"],
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1000, 3),
            }
        )


@dataclass(slots=True)
class _Response:
    """Forwards the response with the request id and the limits in its headers, and records its status."""

    scope: Scope
    forward: Send
    request_id: str
    status: int | None = field(default=None)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self.request_id
            headers.update(self.scope.get(RATE_LIMITS, {}))
        await self.forward(message)
