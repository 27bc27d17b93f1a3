"""What must hold of the running stack, through every kind of outage. Run by `make compose-test` alone."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conftest import write_shop

if TYPE_CHECKING:
    from tests.compose.conftest import Stack

USER = "42"
OWN_JOB_SECONDS = 300.0


class Poller:
    """Asks for recommendations without a pause, and keeps what came of it."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.failures: list[str] = []
        self.whole = 0
        self.degraded: set[str] = set()
        self.stopped = threading.Event()

    def run(self) -> None:
        """Until stopped; each answer that is not a full 200 is a failure."""
        with httpx.Client(base_url=self.base_url, timeout=10) as http:
            while not self.stopped.wait(0.02):
                try:
                    self.judge(http.post("/v1/recommend", json={"user_id": USER, "limit": 5}))
                except httpx.TransportError as error:
                    self.failures.append(repr(error))

    def judge(self, response: httpx.Response) -> None:
        """Count one answer."""
        if response.status_code != httpx.codes.OK or len(response.json()["items"]) != 5:
            self.failures.append(f"{response.status_code} {response.text[:300]}")
        elif degraded := response.json()["degraded"]:
            self.degraded.update(degraded)
        else:
            self.whole += 1


@contextmanager
def polling(stack: "Stack") -> Iterator[Poller]:
    """A poller at work for the length of the block."""
    poller = Poller(str(stack.http.base_url))
    thread = threading.Thread(target=poller.run)
    thread.start()
    try:
        yield poller
    finally:
        poller.stopped.set()
        thread.join(timeout=20)


def recommended(stack: "Stack") -> dict[str, float]:
    """Item id -> score of an answer for USER, best first."""
    answer = stack.post("/v1/recommend", user_id=USER, limit=20)
    return {item["item_id"]: item["score"] for item in answer["items"]}


def event(name: str, item_id: str, **more: Any) -> dict[str, Any]:
    """A `like` of USER; `name` is its retry key."""
    return {"event_id": name, "user_id": USER, "item_id": item_id, "action": "like", **more}


def store_probe(stack: "Stack", name: str) -> str:
    """Post an event about an item nobody else names; the id once the service has accepted it."""
    probe = f"probe-{name}"
    answer = stack.post("/v1/events", events=[event(name, probe)])
    assert answer["accepted"] == 1, answer
    return probe


def is_stored(stack: "Stack", probe: str) -> bool:
    """Whether the service knows an accepted event of USER."""
    response = stack.http.get(f"/v1/users/{USER}")
    return response.status_code == httpx.codes.OK and probe in response.text


def test_it_recommends_from_what_it_learnt(stack: "Stack") -> None:
    answer = stack.post("/v1/recommend", user_id=USER, limit=10, explain=True, fields=["title"])
    assert len({item["item_id"] for item in answer["items"]}) == 10
    assert [item["rank"] for item in answer["items"]] == list(range(1, 11))
    assert all(item["fields"]["title"] and item["reasons"] for item in answer["items"])
    assert answer["degraded"] == []


def test_an_event_changes_the_next_answer(stack: "Stack") -> None:
    before = recommended(stack)
    best = next(iter(before))
    assert stack.post("/v1/events", events=[event("first", best)])["accepted"] == 1
    after = recommended(stack)
    assert best not in after
    shared = before.keys() & after.keys()
    assert any(before[item] != after[item] for item in shared) or len(shared) < 19, "only the seen item left"
    assert stack.post("/v1/events", events=[event("first", best)])["duplicates"] == 1


def test_the_other_doors_are_open(stack: "Stack") -> None:
    item = next(iter(recommended(stack)))
    similar = stack.http.get(f"/v1/items/{item}/similar", params={"limit": 5})
    assert similar.status_code == httpx.codes.OK, similar.text
    assert len({item, *(other["item_id"] for other in similar.json()["items"])}) == 6
    assert stack.http.get("/v1/model").json()["model_version"]
    metrics = stack.http.get("/metrics")
    assert metrics.status_code == httpx.codes.OK
    assert "# TYPE" in metrics.text


def test_the_service_has_no_rights_that_it_does_not_need(stack: "Stack") -> None:
    assert stack.inside("chorus", "id -u").stdout.strip() == "10001"
    assert stack.inside("chorus", "touch state/probe && rm state/probe").returncode == 0
    refused = stack.inside("chorus", "touch bundles/probe")
    assert refused.returncode != 0
    assert "Read-only" in refused.stderr
    outside = stack.inside("chorus", "touch probe")
    assert "Read-only" in outside.stderr
    assert stack.inside("chorus", "touch /tmp/probe && rm /tmp/probe").returncode == 0
    for service in ("chorus", "redis"):
        status = stack.inside(service, "cat /proc/1/status").stdout
        assert re.search(r"^CapEff:\s0+$", status, re.M), status
        assert re.search(r"^NoNewPrivs:\s1$", status, re.M), status
    assert stack.inside("redis", "id -u").stdout.strip() == "999"
    assert "Read-only" in stack.inside("redis", "touch /etc/probe").stderr
    stack.wait_for("the engine finds the service healthy", lambda: stack.health("chorus") == "healthy")


def test_the_bundle_can_be_loaded_again_by_name(stack: "Stack") -> None:
    version = stack.http.get("/v1/model").json()["model_version"]
    assert stack.post("/v1/model/reload", bundle="movielens-100k")["model_version"] == version


def test_a_second_up_trains_nothing(stack: "Stack") -> None:
    version = stack.http.get("/v1/model").json()["model_version"]
    stack.run("up", "--detach")  # within COMMAND_SECONDS
    stack.wait_ready()
    assert stack.http.get("/v1/model").json()["model_version"] == version


@pytest.mark.parametrize("outage", ["restart", "kill"])
def test_nothing_accepted_is_lost_while_redis_is_away(stack: "Stack", outage: str) -> None:
    probe = store_probe(stack, f"redis-{outage}")
    with polling(stack) as poller:
        stack.wait_for("an answer is whole", lambda: poller.whole > 0)
        stack.run(*(["restart"] if outage == "restart" else ["kill", "-s", "SIGKILL"]), "redis")
        if outage == "kill":
            stack.wait_for("an answer says what is degraded", lambda: poller.degraded)
            stack.run("start", "redis")
        stack.wait_for("the service reaches redis again", lambda: is_stored(stack, probe))
        whole = poller.whole
        stack.wait_for("an answer is whole again", lambda: poller.whole > whole)
    assert poller.failures == []


def test_nothing_accepted_is_lost_when_the_service_is_killed(stack: "Stack") -> None:
    probe = store_probe(stack, "service-kill")
    put = stack.http.put("/v1/items/probe-item", json={"text": {"title": "A Voyage Home"}})
    assert put.status_code == httpx.codes.OK, put.text
    stack.run("kill", "-s", "SIGKILL", "chorus")
    stack.run("start", "chorus")
    stack.wait_ready()
    assert is_stored(stack, probe)
    assert stack.http.get("/v1/items/probe-item/similar").status_code == httpx.codes.OK
    assert len(recommended(stack)) == 20


def test_a_job_of_ones_own_is_trained_and_served(stack: "Stack", tmp_path: Path) -> None:
    """Last: from here on the stack serves another bundle."""
    tmp_path.chmod(0o755)  # the trainer runs as another user
    write_shop(tmp_path)
    choice = {"CHORUS_FOLDER": str(tmp_path), "CHORUS_JOB": "job.yaml", "CHORUS_BUNDLE": "shop"}
    stack.run("up", "--detach", seconds=OWN_JOB_SECONDS, **choice)
    stack.wait_ready()
    assert stack.http.get("/v1/model").json()["model_version"].startswith("shop-")
    answer = stack.post("/v1/recommend", user_id="u1", limit=5)
    assert len(answer["items"]) == 5
