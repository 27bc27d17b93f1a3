"""One service of two processes behind one port: what reaches one reaches both, and the end of one ends nothing."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Launch, Load, Running

Until = Callable[..., None]


@pytest.fixture(scope="module")
def pair(launch_for_module: "Launch", trained: Path, tmp_path_factory: pytest.TempPathFactory) -> "Running":
    return launch_for_module(trained, tmp_path_factory.mktemp("pair") / "state", CHORUS_WORKERS="2")


@pytest.fixture(autouse=True)
def both_ready(pair: "Running", wait_until: Until) -> None:
    wait_until("both workers are ready", lambda: len(workers_of(pair)) == len(replicas(pair)) == 2)


def replicas(service: "Running") -> set[str]:
    return {replica["id"] for replica in service.http.get("/readyz").json()["replicas"]}


def ask(service: "Running", path: str) -> httpx.Response:
    """Ask over a new connection, which goes to the next worker."""
    return httpx.get(f"{service.url}{path}", timeout=60)


def count_answers(service: "Running", path: str) -> dict[str, float]:
    """Worker -> answers of a route, from the metrics."""
    start = f'chorus_requests_total{{endpoint="{path}",method="GET",status="200",worker="'
    lines = [line for line in ask(service, "/metrics").text.splitlines() if line.startswith(start)]
    return {line.removeprefix(start)[0]: float(line.split()[-1]) for line in lines}


def workers_of(service: "Running") -> list[int]:
    """The processes of the workers; the other child is Redis."""
    return [
        pid
        for pid in service.children
        if b"app.workers.worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    ]


def test_both_answer_and_know_what_the_other_was_told(pair: "Running", wait_until: Until) -> None:
    for _ in range(10):
        assert ask(pair, "/v1/model").status_code == httpx.codes.OK
    assert sum(count_answers(pair, "/v1/model").values()) == 10
    assert set(count_answers(pair, "/v1/model").values()) == {5.0}
    pair.tell("both", "7")
    pair.http.put("/v1/items/new", json={"text": {"title": "New"}}).raise_for_status()
    for _ in range(2):
        user = ask(pair, "/v1/users/both").json()
        assert [event["item_id"] for event in user["events"]] == ["7"]
    wait_until(
        "both workers have the item",
        lambda: {ask(pair, "/v1/items/new/similar").status_code for _ in range(4)} == {httpx.codes.OK},
    )
    assert pair.out.read_text().count("Chorus answers at") == 1


def test_a_worker_that_is_killed_starts_again_and_the_other_answers_meanwhile(
    pair: "Running", wait_until: Until, load: type["Load"]
) -> None:
    before, (killed, other) = replicas(pair), workers_of(pair)
    httpx.post(f"{pair.url}/v1/events", json={"events": [{"user_id": "u", "item_id": "7", "action": "like"}]})
    os.kill(killed, signal.SIGKILL)
    wait_until("it has ended", lambda: killed not in pair.children)
    asking = load(pair.url)
    with asking.running():
        wait_until("there are two again", lambda: len(workers_of(pair)) == 2)
        wait_until("both are ready", lambda: len(replicas(pair) - before) == 1)
        wait_until("there is load", lambda: asking.ok > 3)
    assert asking.failures == [] and {answer.status_code for answer in asking.answers} == {httpx.codes.OK}
    assert other in pair.children
    assert [event["item_id"] for event in ask(pair, "/v1/users/u").json()["events"]] == ["7"]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_supervisor_ends_all(
    launch: "Launch",
    trained: Path,
    tmp_path: Path,
    sent: signal.Signals,
    wait_until: Until,
    running: Callable[[int], bool],
) -> None:
    service = launch(trained, tmp_path / "state", wait=False, CHORUS_WORKERS="2")
    wait_until("the workers have started", lambda: len(workers_of(service)) == 2)
    wait_until("the service answers", service.is_ready)
    children = service.children
    assert len(children) == 3
    code = service.end(sent)
    assert code == (0 if sent is signal.SIGTERM else -signal.SIGKILL)
    wait_until("no process is left", lambda: not any(map(running, children)))


def test_a_port_that_is_taken_is_said_in_one_line(
    pair: "Running", launch: "Launch", trained: Path, tmp_path: Path
) -> None:
    port = int(pair.url.rpartition(":")[2])
    second = launch(trained, tmp_path / "other", wait=False, port=port, CHORUS_WORKERS="2")
    assert second.process.wait(120) == 1
    assert f"expected an address that is free, given 127.0.0.1:{port}" in second.log.read_text()


def test_workers_that_cannot_serve_end_the_service(launch: "Launch", bundles: Path, tmp_path: Path) -> None:
    weights = bundles / "first" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    service = launch(bundles / "first", tmp_path / "state", wait=False, CHORUS_WORKERS="2")
    assert service.process.wait(120) == 1
    assert "expected workers that can serve, given worker" in service.log.read_text()
