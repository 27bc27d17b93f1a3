"""How long a caller waits, and the refusal before anything is parsed."""

import asyncio
import threading

import pytest

from app.api.dependencies import PLACE, Computing, Load, RequestsInProgress
from app.api.patience import make_early_refusal, make_reservation, parse_patience_s
from app.compute_queue import FIRST_ESTIMATE_S, ComputeQueue, Patience
from app.errors import InvalidRequestError, OverloadedError, TooManyRequestsError

MS = b"x-request-timeout-ms"


async def _stay() -> bool:
    return False


def test_milliseconds_become_seconds() -> None:
    assert parse_patience_s(None, 2.0) == 2.0
    assert parse_patience_s("250", 2.0) == 0.25
    assert parse_patience_s("60000", 2.0) == 60


@pytest.mark.parametrize("given", ["", "0", "60001", "-5", "1.5", "1e3", "x", "9" * 400, "²"])
def test_anything_else_is_refused(given: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        parse_patience_s(given, 2.0)
    assert raised.value.field == "x-request-timeout-ms"


async def test_only_requests_that_need_a_thread_are_refused_and_only_if_they_would_wait_too_long() -> None:
    """Three held tasks are 0.03 s of work."""
    queue = ComputeQueue(1)
    refuse = make_early_refusal(Load(queue, RequestsInProgress(1)), default_s=0.02)
    assert refuse(b"/v1/recommend", []) is None
    leave = threading.Event()
    patient = Patience(queue.clock() + 60, _stay)
    held = [asyncio.create_task(queue.run("a", lambda: leave.wait(10), patient)) for _ in range(3)]
    await asyncio.sleep(0)
    for target in (b"/v1/recommend", b"/shop/v1/rank?x=1", b"/v1/items/%31/similar", b"/v1/%72ank"):
        assert isinstance(refuse(target, []), OverloadedError)
    for target in (b"/v1/events", b"/livez", b"/v1/items/1", b"/x?/recommend"):
        assert refuse(target, []) is None
    assert refuse(b"/v1/recommend", [(MS, b"1000")]) is None
    assert isinstance(refuse(b"/v1/recommend", [(MS, b"1")]), OverloadedError)
    assert refuse(b"/v1/recommend", [(MS, b"soon")]) is None  # the route answers 422
    leave.set()
    await asyncio.gather(*held)


def test_more_requests_than_places_are_refused() -> None:
    in_progress = RequestsInProgress(1)
    refuse = make_early_refusal(Load(ComputeQueue(1), in_progress), default_s=2)
    with in_progress.count():
        assert isinstance(refuse(b"/v1/recommend", []), TooManyRequestsError)
        with pytest.raises(TooManyRequestsError), in_progress.count():
            pass
    assert refuse(b"/v1/recommend", []) is None


def test_a_request_that_needs_a_thread_gets_a_place() -> None:
    queue = ComputeQueue(1)
    reserve = make_reservation(Load(queue, RequestsInProgress(1)))
    scopes = [{"path": path} for path in ("/v1/recommend", "/shop/v1/rank", "/v1/events", "/livez")]
    given_up = [reserve(scope) for scope in scopes]
    assert [PLACE in scope for scope in scopes] == [True, True, False, False]
    assert queue.expected_wait_s() == pytest.approx(2 * FIRST_ESTIMATE_S)
    assert given_up[2:] == [None, None]
    for give_up in given_up[:2]:
        assert give_up is not None
        give_up()
    assert queue.expected_wait_s() == 0


async def test_patience_begins_with_the_arrival_and_for_further_work_now() -> None:
    """The request arrived 5 s ago and waits 2 s: its first work comes too late, and its second has 2 s from now."""
    now = 0.0
    queue = ComputeQueue(1, lambda: now)
    threads = Computing(queue, 2.0, _stay, queue.take_place())
    now = 5.0
    with pytest.raises(OverloadedError):
        await threads.run("a", lambda: 1)
    assert queue.expected_wait_s() == 0
    assert await threads.run("a", lambda: 2) == 2
