"""Connections that send too much, too slowly, nothing, or no HTTP."""

import random
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.e2e.conftest import Running, until
from tests.faults.error_shape import read_error
from tests.faults.generated.raw import RAW_KINDS
from tests.faults.site import Site, bystander
from tests.faults.tally import Tally

SLOW = 60
"""Connections at once, fewer than one address may have."""
HUGE = 40 << 20
PIECE = b"x" * (64 << 10)
HEAD = b"POST /v1/recommend HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
PATIENCE_S = 60.0


@contextmanager
def connecting(service: Running, count: int) -> Iterator[list[socket.socket]]:
    """Open connections, which are closed at the end of the block."""
    address = "127.0.0.1", int(service.http.base_url.port or 0)
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(address, PATIENCE_S)) for _ in range(count)]


def send_huge_headers(site: Site) -> Tally:
    """Headers of 40 MB, in one value and in many, and a target of 40 MB."""
    tally, service = Tally(), site.shared
    starts = (b"GET /livez HTTP/1.1\r\nx-a: ", b"GET /livez HTTP/1.1\r\n", b"GET /")
    with bystander(service, tally):
        for start in starts:
            piece = PIECE if start != starts[1] else b"x-a: bcdefghij\r\n" * 4096
            with connecting(service, 1) as (connection,):
                _send(connection, start, *[piece] * (HUGE // len(piece)))
                _expect(tally, read(connection), (431,), may_be_silent=True)
        site.last()
    return tally


def send_slow_headers(site: Site) -> Tally:
    """Many connections that send a byte of their headers now and then: each ends with 408."""
    return _send_slowly(site, b"GET /livez HTTP/1.1\r\nx-slow: ")


def send_slow_bodies(site: Site) -> Tally:
    """Many connections that send a byte of their bodies now and then: each ends with 408, others are served."""
    return _send_slowly(site, HEAD + b"content-length: 1000\r\n\r\n{")


def _send_slowly(site: Site, start: bytes) -> Tally:
    tally, service = Tally(), site.shared
    with bystander(service, tally), connecting(service, SLOW) as connections:
        for connection in connections:
            connection.sendall(start)
        ends = time.monotonic() + max(1.5, site.seconds)
        while time.monotonic() < ends:
            for connection in connections:
                _send(connection, b"a")
            time.sleep(0.2)
        for connection in connections:
            _expect(tally, read(connection), (408,), may_be_silent=True)
    return tally


def stay_silent(site: Site) -> Tally:
    """Many connections that send nothing, at once or after a request: each is closed."""
    tally, service = Tally(), site.shared
    with bystander(service, tally), connecting(service, SLOW) as connections:
        for connection in connections[::2]:
            connection.sendall(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n")
        site.last()
        for number, connection in enumerate(connections):
            _expect(tally, read(connection), (200,), may_be_silent=number % 2 == 1)
    return tally


def open_too_many(site: Site) -> Tally:
    """One address opens three times the connections that it may: the ones too many get 503, others go on."""
    tally, service = Tally(), site.start(CHORUS_MAX_PEER_CONNECTIONS="50")
    with bystander(service, tally):
        service.http.get("/livez")
        with connecting(service, 150) as connections:
            until("those too many are refused", lambda: len(select.select(connections, [], [], 0)[0]) >= 90)
            for connection in connections:
                _send(connection, b"GET /livez HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            for connection in connections:
                _expect(tally, read(connection), (200, 503), may_be_silent=True)
        tally.take(service.http.get("/livez"))
    return tally


def send_no_http(site: Site) -> Tally:
    """Bytes that are no HTTP, nearly HTTP, or wrongly framed: an error in JSON or a closed connection."""
    tally, service = Tally(), site.shared
    with bystander(service, tally):
        for number in range(20 + int(20 * site.seconds)):
            draw = random.Random(number)
            with connecting(service, 1) as (connection,):
                _send(connection, draw.choice(RAW_KINDS)(draw))
                connection.settimeout(5)
                _expect(tally, read(connection), range(200, 500), may_be_silent=True)
    return tally


def _send(connection: socket.socket, *parts: bytes) -> None:
    """Send until the service closes."""
    try:
        for part in parts:
            connection.sendall(part)
    except OSError:
        pass


def read(connection: socket.socket) -> bytes:
    """All that comes until the connection ends; what came so far where it is reset."""
    received = b""
    try:
        while piece := connection.recv(1 << 16):
            received += piece
    except (ConnectionError, TimeoutError):
        pass
    return received


def _expect(tally: Tally, answer: bytes, statuses: "tuple[int, ...] | range", may_be_silent: bool) -> None:
    """Check the first answer of a connection. The one to a peer that goes on sending may be lost on its way."""
    if not answer:
        tally.check(may_be_silent, "expected an answer, given none")
        return
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head[9:12])
    tally.server_errors += status >= 500
    tally.check(status in statuses, f"expected one of {statuses}, given {head[:60]!r}")
    if status >= 400:
        tally.check(read_error(body) is not None, f"expected an error in JSON, given {body[:80]!r}")
