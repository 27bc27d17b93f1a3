"""A Redis that hangs: after a few calls the service does not wait for it any more, and says so."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.api.schemas.health import ReadinessAnswer
from app.config import read_settings
from app.server import Outcome, Startup, _server_config
from app.state.embedded.server import EmbeddedRedis
from tests.app.http.server_thread import serve_in_thread

TIMEOUT_S = 2.0
DEADLINE_S = 60.0
DEGRADED = ["state:session_only", "state:store_timeout"]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def service(bundles: Path, tmp_path: Path, own: EmbeddedRedis) -> Iterator[httpx.Client]:
    settings = read_settings(
        bundle_dir=bundles / "first", state_dir=tmp_path / "state", redis_timeout_s=TIMEOUT_S
    )
    startup = Startup(lambda _bundle: None, lambda: None, Outcome())
    with serve_in_thread(_server_config(settings, own.url, startup).app) as client:
        wait_for(client, lambda: client.get("/readyz").status_code == 200)
        yield client


def wait_for(client: httpx.Client, holds) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, client.get("/readyz").text
        time.sleep(0.05)


def readiness(client: httpx.Client) -> ReadinessAnswer:
    response = client.get("/readyz")
    assert response.status_code == 200
    return ReadinessAnswer.model_validate_json(response.content)


@contextmanager
def stopped(server: EmbeddedRedis) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_a_hung_redis_delays_a_few_answers_and_no_more(service: httpx.Client, own: EmbeddedRedis) -> None:
    def recommend(_number: int = 0) -> dict:
        answer = service.post("/v1/recommend", json={"user_id": "u1"})
        assert answer.status_code == 200
        return answer.json()

    assert readiness(service).store.circuit == "closed" and readiness(service).degraded == []
    with stopped(own):
        with ThreadPoolExecutor(3) as callers:
            assert [answer["degraded"] for answer in callers.map(recommend, range(3))] == [DEGRADED] * 3
        for answer in map(recommend, range(5)):
            assert answer["degraded"] == DEGRADED and len(answer["items"]) == 10
            assert answer["took_ms"]["state"] < TIMEOUT_S * 1000  # it did not wait for Redis
        event = {"user_id": "u1", "item_id": "1", "action": "view"}
        refused = service.post("/v1/events", json={"events": [event]})
        assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
        assert refused.json()["error"]["code"] == "store_timeout"
        found = readiness(service)
        assert (found.status, found.degraded) == ("ready", ["state:store_timeout"])
        assert (found.store.status, found.store.circuit) == ("failing", "open")
        page = service.get("/metrics").text
        assert "chorus_store_circuit_open 1.0" in page and "chorus_store_circuit_openings_total 1.0" in page
    wait_for(service, lambda: readiness(service).store.status == "ok")
    assert readiness(service).store.circuit == "closed" and readiness(service).degraded == []
    assert recommend()["degraded"] == []
    assert "chorus_store_circuit_open 0.0" in service.get("/metrics").text
