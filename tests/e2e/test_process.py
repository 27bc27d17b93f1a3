"""The service as a process: how it greets, ends, logs, and keeps others off its data."""

import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Launch, Load, Running

SECRETS = ("sentinel-user", "sentinel-item", "sentinel words")


@pytest.fixture(scope="module", autouse=True)
def rival(service: "Running", trained: Path, launch_for_module: "Launch") -> "Running":
    """A second service on the data of the first: it waits for twenty seconds before it gives up."""
    return launch_for_module(trained, service.state_dir, wait=False)


def test_sigterm_ends_it_with_every_request_answered(
    launch: "Launch",
    trained: Path,
    tmp_path: Path,
    load: type["Load"],
    wait_until: Callable[..., None],
    running: Callable[[int], bool],
) -> None:
    service = launch(trained, tmp_path / "state")
    redis = service.redis_pid
    groups = [{"user_id": f"u{user}", "item_ids": [f"i{item}" for item in range(80)]} for user in range(40)]
    asking = load(service.url, "/v1/batch-score", lambda _: {"groups": groups})
    with asking.running(callers=3):
        wait_until("there is load", lambda: asking.ok >= 3)
        assert service.end(signal.SIGTERM) == 0
    assert {answer.status_code for answer in asking.answers} == {httpx.codes.OK}
    # Each request that was taken got its answer; one that came after the door was shut was never taken.
    answered = sum(
        line["message"] == "request" and line["route"] == "/v1/batch-score" for line in service.lines()
    )
    assert answered == len(asking.answers)
    assert not running(redis)


def test_the_lines_that_it_greets_with_work_as_pasted(
    launch: "Launch", trained: Path, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    service = launch(trained, tmp_path / "state", CHORUS_API_KEY="it's a secret")
    wait_until("it greets", lambda: service.out.read_text().count("curl ") == 3)
    wanted = ('"items":[{', '"accepted":1', '"model_version":')
    lines = [line for line in service.out.read_text().splitlines() if line.startswith("curl ")]
    for line, expected in zip(lines, wanted, strict=True):
        environment = {"PATH": "/usr/bin:/bin", "CHORUS_API_KEY": "it's a secret"}
        pasted = subprocess.run(
            ["bash", "-c", line], capture_output=True, text=True, env=environment, check=False, timeout=60
        )
        assert pasted.returncode == 0 and expected in pasted.stdout, (line, pasted)


def test_a_port_that_is_taken_ends_it(
    service: "Running", launch: "Launch", trained: Path, tmp_path: Path
) -> None:
    port = service.http.base_url.port
    intruder = launch(trained, tmp_path / "state", wait=False, port=port)
    assert intruder.process.wait(120) == 1
    last = intruder.log.read_text().splitlines()[-1]
    assert last == f"chorus: expected an address that is free, given 127.0.0.1:{port}"
    assert "curl" not in intruder.out.read_text()


def test_logs_are_json_with_request_ids_and_without_user_data(
    service: "Running", wait_until: Callable[..., None]
) -> None:
    user, item, words = SECRETS
    marked = {"x-request-id": "asked-by-the-test"}
    session = [{"item_id": item, "action": "like"}]
    calls = [
        ("POST", "/v1/recommend", {"user_id": user, "query": words, "session": session, "explain": True}),
        ("POST", "/v1/recommend", {"user_id": user, "exclude_ids": [item], "colour": words}),
        ("POST", "/v1/rank", {"user_id": user, "item_ids": [item]}),
        ("POST", "/v1/batch-score", {"groups": [{"user_id": user, "item_ids": [item]}]}),
        ("POST", "/v1/events", {"events": [{"user_id": user, "item_id": item, "action": words}]}),
        ("POST", "/v1/events", {"events": [{"user_id": user, "item_id": item, "action": "view"}]}),
        ("PUT", f"/v1/items/{item}", {"text": {"title": words}}),
        ("GET", f"/v1/items/{item}/similar?limit=2&{user}=1", None),
        ("GET", f"/v1/users/{user}", None),
        ("DELETE", f"/v1/users/{user}", None),
        ("DELETE", f"/v1/items/{item}", None),
        ("GET", f"/{user}/{item}", None),
    ]
    for method, path, body in calls:
        response = service.http.request(method, path, json=body, headers=marked)
        assert response.headers["x-request-id"] == "asked-by-the-test"
        assert response.status_code < 500

    def marked_lines() -> list[dict[str, Any]]:
        return [line for line in service.lines() if line.get("request_id") == "asked-by-the-test"]

    wait_until("the last answer's line is written", lambda: len(marked_lines()) == len(calls))
    lines = marked_lines()
    assert all({"time", "level", "route", "status", "duration_ms"} <= set(line) for line in lines)
    (loaded,) = [line for line in service.lines() if line["message"] == "bundle loaded"]
    assert loaded["model_version"] == service.http.get("/v1/model").json()["model_version"]
    everything = service.log.read_text() + service.out.read_text()
    assert not [secret for secret in SECRETS if secret in everything]
    assert not [secret for secret in SECRETS if secret in service.http.get("/metrics").text]


def test_a_second_service_on_the_same_data_says_why_it_cannot(service: "Running", rival: "Running") -> None:
    assert rival.process.wait(120) == 1
    last = rival.log.read_text().splitlines()[-1]
    assert last.startswith("chorus: expected a data folder that no other service uses, given")
    assert str(service.state_dir) in last
    assert service.recommend(user_id="u1")["degraded"] == []
