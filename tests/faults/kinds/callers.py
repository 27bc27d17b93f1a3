"""Callers who are too many, leave early, or have no key."""

import socket
import struct
import time

import httpx

from tests.e2e.conftest import Load, until
from tests.faults.kinds.connections import connecting
from tests.faults.site import Site, bystander
from tests.faults.tally import Tally

KEY = "a-key-of-this-test-alone"
LIMITED = (httpx.codes.UNAUTHORIZED, httpx.codes.TOO_MANY_REQUESTS)
PRESSED = (httpx.codes.OK, httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that ends a connection by a reset."""


def guess_keys(site: Site) -> Tally:
    """A flood of wrong keys from the address of somebody whose key is right, who is served all the while."""
    tally, service = Tally(), site.start(CHORUS_API_KEY=KEY)
    answers: list[httpx.Response] = []
    right = {"x-api-key": KEY}
    ends = time.monotonic() + site.seconds
    with httpx.Client(base_url=service.url, timeout=60) as flood:
        while time.monotonic() < ends or len(answers) < 60:
            wrong = {"authorization": f"Bearer wrong-{len(answers)}"}
            answers += [flood.post("/v1/recommend", json={"user_id": "u1"}, headers=wrong) for _ in range(20)]
            tally.take(service.http.post("/v1/recommend", json={"user_id": "u1"}, headers=right))
    for answer in answers:
        tally.take(answer, LIMITED)
    slowed = sum(answer.status_code == httpx.codes.TOO_MANY_REQUESTS for answer in answers)
    tally.check(
        slowed > len(answers) // 4, f"expected wrong keys to be slowed, given {slowed} of {len(answers)}"
    )
    return tally


def leave_early(site: Site) -> Tally:
    """Callers of expensive answers who are gone at once: the others are served, and the service recovers."""
    tally, service = Tally(), site.shared
    items = ", ".join(f'"i{item}"' for item in range(80))
    groups = ", ".join(f'{{"user_id": "u{user}", "item_ids": [{items}]}}' for user in range(40))
    body = f'{{"groups": [{groups}]}}'.encode()
    head = b"POST /v1/batch-score HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    ends = time.monotonic() + site.seconds
    with bystander(service, tally):
        while time.monotonic() < ends or tally.tried < 40:
            with connecting(service, 10) as connections:
                for connection in connections:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    connection.sendall(head % len(body) + body)
                    tally.tried += 1
            time.sleep(0.1)
        until(
            "the queue is empty", lambda: "chorus_requests_in_flight 1.0" in service.http.get("/metrics").text
        )
    return tally


def overload(site: Site) -> Tally:
    """Many more callers than one process serves: each gets an answer or a refusal, and health is answered."""
    tally = Tally()
    service = site.start(CHORUS_COMPUTE_TIMEOUT_S="0.2", CHORUS_MAX_CONCURRENCY="16")
    asking = Load(service.url, "/v1/recommend", lambda number: {"user_id": f"u{number % 40}", "limit": 50})
    with asking.running(callers=24):
        ends = time.monotonic() + site.seconds
        while time.monotonic() < ends or asking.ok < 5:
            tally.take(service.http.get("/livez"))
            time.sleep(0.1)
    tally.take_load(asking, PRESSED)
    tally.check(asking.ok > 0, "expected some good answers, given none")
    tally.take(service.http.post("/v1/recommend", json={"user_id": "u1"}))
    return tally
