"""HTTP/1.1 with limits that uvicorn does not have: of headers, of connections, and of time.

A header of many megabytes costs the parser seconds of the event loop, before any key is looked at. So the size of a
request's head is limited while it arrives (RFC 6585, section 5).
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.errors import (
    ChorusError,
    HeadersTooLargeError,
    InvalidHttpError,
    RequestTimeoutError,
    TooManyConnectionsError,
)
from app.transport.connection_limits import ConnectionLimits, OpenConnections
from app.transport.direct_answer import BODY_WAIT_S, make_refusal, render_answer
from app.transport.request_head import is_small, render_head
from app.transport.reservation import Reservation, Reserve
from app.transport.whole_request import read_whole

Refuse = Callable[[bytes, list[tuple[bytes, bytes]]], ChorusError | None]
"""From a request's target and headers: the error if the request is refused before its body is read."""
CountRefusal = Callable[[ChorusError], None]

LINGER_S = 2.0
"""How long a refused peer may go on sending. Closed at once, its unread bytes would reset the connection and destroy
the answer on its way (RFC 9112, section 9.6)."""
HEADER_OVERHEAD = 4
"""The bytes of a header line beside its name and value: colon, blank, CR, LF."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One connection. Answers errors of the protocol itself in the JSON shape of all errors."""

    def __init__(
        self,
        *arguments: Any,
        limits: ConnectionLimits,
        open_connections: OpenConnections,
        refuse: Refuse,
        reserve: Reserve,
        count_refusal: CountRefusal,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._limits = limits
        self._open_connections = open_connections
        self._refuse = refuse
        self._reserve = reserve
        self._count_refusal = count_refusal
        self._peer: str | None = None
        self._is_refused = False
        self._refusal: ChorusError | None = None  # of the present request, whose body is still arriving
        self._reservation: Reservation | None = None  # of the latest request, unless it is refused
        self._in_message = False
        self._in_head = False
        self._head_bytes = 0
        self._header_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the connection, or answer 503 if there are too many."""
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        if not self._open_connections.admit(peer):
            self._answer_last(TooManyConnectionsError("expected fewer connections, given one too many"))
            self.transport.close()  # without lingering, which would be one more open connection
            return
        self._peer = peer
        self._start_header_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection and its timers."""
        if self._peer is not None:
            self._open_connections.release(self._peer)
            self._peer = None
        self._stop_header_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, at most one piece more than a head may have."""
        if self._is_refused or self._refuse_whole(data):
            return
        if self._header_timer is None and self._is_idle():
            self._start_header_timer()
        was_in_head = self._in_head
        self._unset_keepalive_if_required()
        self._parse(data)
        if self._refusal is not None and self._header_timer is None:
            self._header_timer = self.loop.call_later(BODY_WAIT_S, self._answer_last, self._refusal)
        if self._in_head and was_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self._limits.max_header_bytes:
                self._refuse_headers()

    def _refuse_whole(self, data: bytes) -> bool:
        """Whether the bytes were one whole request that is refused, and is answered now without being parsed."""
        if self._in_message or not self._is_idle():
            return False
        request = read_whole(data)
        refusal = None if request is None else self._refuse(*request)
        if refusal is None:
            return False
        self._unset_keepalive_if_required()
        self._answer_refusal(refusal, is_kept=True)
        return True

    def _parse(self, data: bytes) -> None:
        """Feed the parser. It stops at a request to upgrade, which is then parsed as one without (RFC 9110, 7.8).

        Java's HTTP client asks for h2c with its first request, whose body would be lost otherwise.
        """
        unparsed: bytes | None = data
        while unparsed is not None:
            unparsed = self._parse_until_upgrade(unparsed)

    def _parse_until_upgrade(self, data: bytes) -> bytes | None:
        """The bytes still to parse after a request to upgrade, with the request's head without it; None for none."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self.parser.get_method() != b"CONNECT":
                head = render_head(self.parser.get_method(), self.url, self.headers)
                self.parser = HttpRequestParser(self)
                return head + data[upgrade.args[0] :]
            self.send_400_response("")
        except HttpParserError:
            self.send_400_response("")
        return None

    def on_message_begin(self) -> None:
        """Start the head of a request."""
        self._in_message = self._in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one after the body (a trailer) has no meaning here, and is dropped."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the request, unless it is refused by its head alone."""
        if self.parser.should_upgrade():
            return
        self._in_head = False
        self._stop_header_timer()
        if self._count_head() > self._limits.max_header_bytes:
            self._refuse_headers()
            return
        self._unset_keepalive_if_required()  # the request before may have been in the same piece
        self._reservation = None
        refusal = self._refuse(self.url, self.headers)
        if refusal is None:
            self._reservation = Reservation(self.app, self._reserve)
            self._begin(self._reservation)
        elif self._is_idle() and is_small(self.parser.get_method(), self.headers):
            self._refusal = refusal
        else:
            self._refuse_in_turn(refusal)

    def _refuse_in_turn(self, refusal: ChorusError) -> None:
        """Refuse by the server's own means: after the requests before it, or with a body that may be long."""
        self._count_refusal(refusal)
        self._begin(make_refusal(refusal))

    def _begin(self, application: ASGIApp) -> None:
        """Begin the request, or put it behind those before it, with this application."""
        usual, self.app = self.app, application
        try:
            super().on_headers_complete()
        finally:
            self.app = usual

    def _is_idle(self) -> bool:
        """Whether every request so far is answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body, if there is a request."""
        if not self._is_refused and self._refusal is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body, if there is a request."""
        self._in_message = False
        if self._refusal is not None:
            is_kept = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
            self._answer_refusal(self._refusal, is_kept)
        elif not self._is_refused and not self.parser.should_upgrade():
            super().on_message_complete()
            if self._reservation is not None and not self.pipeline:  # else it waits for those before it
                self._reservation.take(cast(Scope, self.cycle.scope))

    def _answer_refusal(self, refusal: ChorusError, is_kept: bool) -> None:
        """Answer a refused request whose body has arrived. The connection goes on, as a new one would cost more."""
        self._refusal = None
        self._stop_header_timer()
        if self._is_refused or self.transport.is_closing():
            return
        self._count_refusal(refusal)
        self.transport.write(render_answer(refusal, is_kept))
        if not is_kept:
            self.transport.close()
            return
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP."""
        self._answer_last(InvalidHttpError("expected HTTP/1.1 (RFC 9112), given something else"))

    def pause_writing(self) -> None:
        """Wait for a peer that does not read its answer, for a limited time."""
        super().pause_writing()
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(self._limits.write_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the peer reads."""
        self._stop_write_timer()
        super().resume_writing()

    def _count_head(self) -> int:
        lines = sum(len(name) + len(value) + HEADER_OVERHEAD for name, value in self.headers)
        return len(self.url) + lines

    def _refuse_headers(self) -> None:
        most = self._limits.max_header_bytes
        self._answer_last(HeadersTooLargeError(f"expected headers of at most {most} bytes, given more"))

    def _answer_last(self, error: ChorusError) -> None:
        """Answer without the application, and take no more requests of the connection.

        A request in progress loses its answer, as this one must not overtake it.
        """
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._stop_header_timer()
        self._count_refusal(error)
        if not self._is_idle():
            self.transport.abort()
            return
        self.transport.write(render_answer(error, is_kept=False))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._header_timer = self.loop.call_later(LINGER_S, self.transport.abort)

    def _start_header_timer(self) -> None:
        self._header_timer = self.loop.call_later(self._limits.header_timeout_s, self._end_waiting)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _end_waiting(self) -> None:
        """Close a connection whose head did not arrive; one that sent nothing gets no answer."""
        self._header_timer = None
        seconds = self._limits.header_timeout_s
        if self._in_head:
            self._answer_last(RequestTimeoutError(f"The headers did not arrive within {seconds:g} s"))
        else:
            self.transport.close()


def make_protocol(
    limits: ConnectionLimits, refuse: Refuse, reserve: Reserve, count_refusal: CountRefusal
) -> Callable[..., BoundedHttpProtocol]:
    """The protocol factory of one server, for uvicorn's `http`."""
    return partial(
        BoundedHttpProtocol,
        limits=limits,
        open_connections=OpenConnections(limits),
        refuse=refuse,
        reserve=reserve,
        count_refusal=count_refusal,
    )
