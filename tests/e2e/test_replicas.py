"""Two service processes on one Redis: a reload of one reaches the other, whatever happens to either or to Redis."""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import redis

from app.state.embedded.server import EmbeddedRedis
from tests.sealed_manifests import write_sealed

if TYPE_CHECKING:
    from tests.e2e.conftest import Launch, Load, Running

Until = Callable[..., None]


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def start(launch: "Launch", shared: EmbeddedRedis, tmp_path: Path) -> Callable[..., "Running"]:
    """Start a replica on a folder of bundles."""

    def start(bundles: Path, name: str, wait: bool = True) -> "Running":
        settings = {"CHORUS_REDIS_URL": shared.url, "CHORUS_REDIS_TIMEOUT_S": "5"}
        return launch(bundles / "first", tmp_path / "state" / name, wait=wait, **settings)

    return start


def copied(bundles: Path, name: str) -> Path:
    """The bundle `first` under another name and version."""
    folder = bundles / name
    shutil.copytree(bundles / "first", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    write_sealed(folder, manifest | {"model_version": name})
    return folder


def version(service: "Running") -> str:
    return str(service.http.get("/v1/model").json()["model_version"])


def readiness(service: "Running") -> dict[str, Any]:
    response = service.http.get("/readyz")
    assert response.status_code == httpx.codes.OK
    answer: dict[str, Any] = response.json()
    return answer


def served(service: "Running") -> list[str]:
    """What each replica serves, as one of them says it."""
    return [replica["model_version"] for replica in readiness(service)["replicas"]]


def test_a_reload_reaches_every_replica_and_those_that_start_later(
    start: Callable[..., "Running"], bundles: Path, load: type["Load"], wait_until: Until
) -> None:
    copied(bundles, "second")
    copied(bundles, "third")
    one, two = start(bundles, "one"), start(bundles, "two")
    first = version(one)
    wait_until("each knows the other", lambda: served(one) == served(two) == [first, first])
    asking = load(two.url)
    with asking.running():
        assert one.post("/v1/model/reload", bundle="second")["order"]["shared"] is True
        wait_until("the other follows", lambda: version(two) == "second")
        wait_until("both say so", lambda: served(one) == served(two) == ["second", "second"])
        wait_until("there is load", lambda before=asking.ok: asking.ok > before + 3)
    assert asking.failures == [] and {answer.status_code for answer in asking.answers} == {httpx.codes.OK}
    late = start(bundles, "late")
    assert version(late) == "second"
    # Two reloads at once: all agree on one of them.
    with ThreadPoolExecutor() as callers:
        asked = [
            callers.submit(service.http.post, "/v1/model/reload", json={"bundle": name})
            for service, name in ((one, "third"), (two, "second"))
        ]
        statuses = [answer.result().status_code for answer in asked]
    assert httpx.codes.OK in statuses
    assert set(statuses) <= {httpx.codes.OK, httpx.codes.TOO_MANY_REQUESTS}

    def agreed() -> bool:
        orders = {str(service.http.get("/v1/model").json()["order"]) for service in (one, two, late)}
        versions = {version(service) for service in (one, two, late)}
        return len(orders) == len(versions) == 1 and versions.pop() in orders.pop()

    wait_until("all agree", agreed)
    ordered = version(one)
    assert two.end() == 0
    wait_until("who left is gone", lambda: served(one) == [ordered] * 2)


def test_a_replica_that_cannot_follow_keeps_its_bundle_and_says_so(
    start: Callable[..., "Running"], bundles: Path, tmp_path: Path, wait_until: Until
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(bundles / "first", elsewhere / "first")
    copied(bundles, "second")
    torn = copied(elsewhere, "torn")
    copied(bundles, "torn")
    (torn / "weights.safetensors").write_bytes(b"")
    one, two = start(bundles, "one"), start(elsewhere, "two")
    first = version(two)
    for name, code in (("second", "unknown_bundle"), ("torn", "bad_bundle")):
        one.post("/v1/model/reload", bundle=name)
        refusal = {"bundle": name, "code": code}
        wait_until("it says so", lambda refusal=refusal: readiness(two)["replicas"][0]["refused"] == refusal)
        assert version(two) == first and two.recommend(user_id="u1")["model_version"] == first
        wait_until(
            "the other knows", lambda refusal=refusal: readiness(one)["replicas"][1]["refused"] == refusal
        )
    refusals = [line for line in two.lines() if line["message"] == "an ordered bundle was refused"]
    assert [line["bundle"] for line in refusals] == ["second", "torn"]
    assert "weights.safetensors" in refusals[1]["reason"]


def test_what_redis_refuses_shows_everywhere_and_passes(
    start: Callable[..., "Running"], bundles: Path, shared: EmbeddedRedis, wait_until: Until
) -> None:
    copied(bundles, "second")
    one, two = start(bundles, "one"), start(bundles, "two")
    event = {"events": [{"user_id": "u1", "item_id": "i1", "action": "view"}]}
    assert readiness(one)["store"]["status"] == "ok"
    with redis.Redis.from_url(shared.url) as admin:
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", "1")
        refused = one.http.post("/v1/events", json=event)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "store_out_of_memory")
        assert one.recommend(user_id="u1")["degraded"] == []
        store = readiness(one)["store"]
        assert (store["status"], store["code"]) == ("failing", "store_out_of_memory")
        wait_until("the other sees it", lambda: readiness(two)["store"]["code"] == "store_out_of_memory")
        reloaded = one.post("/v1/model/reload", bundle="second")
        assert (reloaded["model_version"], reloaded["order"]["shared"]) == ("second", False)
        admin.config_set("maxmemory", "0")
    wait_until("it is over", lambda: readiness(one)["store"]["code"] is None)
    wait_until("the other follows", lambda: version(two) == "second")
    assert one.post("/v1/events", **event)["accepted"] == 1
    metrics = one.http.get("/metrics").text
    assert 'chorus_store_failures_total{code="store_out_of_memory"}' in metrics
    failed, passed = (
        [line for line in one.lines() if line["message"] == message]
        for message in ("the store failed", "the store works again")
    )
    full = [line["reason"] for line in failed if line["code"] == "store_out_of_memory"]
    assert passed and len(full) == 2  # one of the store, one of the audit of the reload
    assert all("used memory > 'maxmemory'" in reason for reason in full)
    with redis.Redis.from_url(shared.url) as admin:
        admin.config_set("requirepass", "another")
        admin.client_kill_filter(_type="normal", skipme=True)
        wait_until("it is refused", lambda: readiness(one)["store"]["code"] == "store_refused")
        degraded = one.recommend(user_id="u1")["degraded"]
        assert degraded == ["state:session_only", "state:store_refused"]
        assert one.http.get("/v1/users/u1").json()["error"]["code"] == "store_refused"
        admin.config_set("requirepass", "")
    wait_until("it is over", lambda: readiness(one)["store"]["status"] == "ok")
