"""Events that come again or with another content, and users who are erased while their events arrive."""

import time
from typing import Any

import httpx

from tests.e2e.conftest import Load, Running, until
from tests.faults.kinds.stores import give_memory, take_memory
from tests.faults.site import Site, administrating, bystander
from tests.faults.tally import Tally
from tests.faults.written import Written

OLD_S = 3600.0


def repeat_events(site: Site) -> Tally:
    """Three callers send the same calls, and then the same ids with another content: the first of each is stored."""
    tally, written, service = Tally(), Written("repeated"), site.start()
    loads = [written.load(service) for _ in range(3)]
    with loads[0].running(1), loads[1].running(1), loads[2].running(1):
        until("events are accepted", lambda: all(load.ok >= 20 for load in loads))
        site.last()
    for load in loads:
        tally.take_load(load)
    accepted = sum(answer.json()["accepted"] for load in loads for answer in load.answers)
    different = sum(len(items) for items in written.acknowledged().values())
    tally.check(accepted == different, f"expected {different} events to be accepted once, given {accepted}")
    for number in range(20):
        body = written.body(number)
        changed = {"events": [{**event, "item_id": "another"} for event in body["events"]]}
        answer = tally.take(service.http.post("/v1/events", json=changed))
        tally.check(
            answer.json().get("conflicts") == [0, 1, 2], f"expected conflicts, given {answer.text[:80]}"
        )
    written.compare(service, tally)
    return tally


def erase_under_load(site: Site) -> Tally:
    """Users are erased while their events arrive; the old events, sent again, stay out."""
    tally, service = Tally(), site.start()
    writing = Load(
        service.url, "/v1/events", lambda number: {"events": [_event(f"e{number % 5}", f"x{number}")]}
    )
    with bystander(service, tally), writing.running(callers=2):
        until("events are accepted", lambda: writing.ok >= 20)
        ends = time.monotonic() + site.seconds
        while time.monotonic() < ends:
            for user in range(5):
                _erase(tally, service, f"e{user}")
    tally.take_load(writing)
    for user in range(5):
        _erase(tally, service, f"e{user}")
        _send_old(tally, service, f"e{user}")
    return tally


def erase_from_full_redis(site: Site) -> Tally:
    """Users are erased while Redis has no memory left."""
    tally, service = Tally(), site.start()
    for user in range(10):
        service.tell(f"e{user}", "i1")
    with administrating(service) as client:
        take_memory(client)
        with bystander(service, tally):
            for user in range(10):
                answer = service.http.delete(f"/v1/users/e{user}")
                tally.take(answer, (httpx.codes.OK, httpx.codes.SERVICE_UNAVAILABLE))
        give_memory(client)
    for user in range(10):
        tally.check(service.events_of(f"e{user}") == [], f"expected nothing of e{user}")
        _erase(tally, service, f"e{user}")
        _send_old(tally, service, f"e{user}")
    return tally


def _event(user_id: str, item_id: str, **more: object) -> dict[str, Any]:
    return {"user_id": user_id, "item_id": item_id, "action": "view", **more}


def _erase(tally: Tally, service: Running, user_id: str) -> None:
    answer = tally.take(service.http.delete(f"/v1/users/{user_id}"))
    tally.check(answer.json().get("receipt") is not None, "expected a receipt")


def _send_old(tally: Tally, service: Running, user_id: str) -> None:
    old = _event(user_id, "old", timestamp=time.time() - OLD_S)
    answer = tally.take(service.http.post("/v1/events", json={"events": [old, _event(user_id, "new")]}))
    codes = [row["error"]["code"] for row in answer.json()["rejected"]]
    tally.check(codes == ["erased"], f"expected the old event to be rejected, given {codes}")
    stored = service.events_of(user_id)
    tally.lose(lost="new" not in stored, twice=stored.count("new") - 1)
    tally.check("old" not in stored, f"expected nothing of before the erasure of {user_id}")
