"""The embedded server: alone in its folder, closed to other users, and gone with whoever started it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import redis

from app.state.embedded.process import EmbeddedRedisError, read_last_log_line
from app.state.embedded.server import EmbeddedRedis

DEADLINE_S = 20.0
SERVICE = """
import sys, time
from pathlib import Path
from app.state.embedded.server import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1])).start()
print(server.pid, server.url, flush=True)
{then}
"""


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "expected it to hold by now"
        time.sleep(0.02)


def replaced(server: EmbeddedRedis, pid: int) -> bool:
    return server.pid != pid


def is_gone(pid: int) -> bool:
    """No such process, or one that nobody has yet asked for its exit status."""
    status = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def service(folder: Path, then: str) -> tuple[subprocess.Popen[str], int, str]:
    """A process that starts a server; its server's process id and URL."""
    code = SERVICE.format(then=then)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[4],
    )
    assert process.stdout is not None
    pid, url = process.stdout.readline().split()
    return process, int(pid), url


def test_it_has_its_own_process_group_in_the_session_of_its_service(tmp_path: Path) -> None:
    """Ctrl-C goes to a process group, and Linux shares the processor among sessions."""
    with EmbeddedRedis(tmp_path) as server:
        assert os.getpgid(server.pid) == server.pid
        assert os.getsid(server.pid) == os.getsid(0)


def test_it_starts_answers_and_ends(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    with EmbeddedRedis(folder) as server:
        pid = server.pid
        with redis.Redis.from_url(server.url) as client:
            assert client.info()["process_id"] == pid
            options = client.config_get("*")
    assert is_gone(pid)
    assert folder.stat().st_mode & 0o777 == 0o700
    expected = {
        "port": "0",
        "tls-port": "0",
        "unixsocketperm": "700",
        "appendonly": "yes",
        "appendfsync": "always",
    }
    assert {name: options[name] for name in expected} == expected
    assert options["unixsocket"] == str(folder / "redis.sock")
    assert options["save"] == ""


def ports_of(pid: int) -> set[int]:
    """The TCP ports at which a process listens."""
    sockets = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in sockets:
                ports.add(int(columns[1].rpartition(":")[2], 16))
    return ports


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_other_user_can_connect(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path / "data") as server, socket.create_server(("127.0.0.1", 0)) as mine:
        assert ports_of(os.getpid()) >= {mine.getsockname()[1]}  # the test sees what listens
        assert ports_of(server.pid) == set()
        address = tmp_path / "data" / "redis.sock"
        assert address.stat().st_mode & 0o777 == 0o700 and address.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["x" * 200, "ü" * 60])
def test_a_folder_whose_path_is_too_long_for_a_socket_has_it_elsewhere(tmp_path: Path, name: str) -> None:
    for expected in (None, b"1"):
        with EmbeddedRedis(tmp_path / name) as server, redis.Redis.from_url(server.url) as client:
            assert client.get("a") == expected
            client.set("a", "1")
            address = Path(client.config_get("unixsocket")["unixsocket"])
            assert address.parent.stat().st_mode & 0o777 == 0o700
            before = server.pid
            os.kill(before, signal.SIGKILL)
            wait_for(partial(replaced, server, before))
            wait_for(partial(answers, server.url))
        assert not address.parent.exists()


@pytest.mark.parametrize("name", ["a b", "50%20?db=3#x", "ü"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    with EmbeddedRedis(tmp_path / name) as server, redis.Redis.from_url(server.url) as client:
        assert client.info()["process_id"] == server.pid
        assert (tmp_path / name / "redis.sock").is_socket()


def test_no_path_for_a_socket_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(EmbeddedRedisError, match=r"no path of at most 103 bytes for a socket in .*xxx"):
        EmbeddedRedis(tmp_path / ("x" * 200)).start()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedRedisError, match=r"can write to, given .*redis: Not a directory"):
        EmbeddedRedis(tmp_path / "file" / "redis").start()


def test_what_was_stored_is_there_at_the_next_start(tmp_path: Path) -> None:
    for expected in (None, b"1"):
        with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
            assert client.get("a") == expected
            client.set("a", "1")


def test_memory_can_be_capped_and_nothing_is_driven_out(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path, maxmemory="3mb") as server, redis.Redis.from_url(server.url) as client:
        client.set("first", "1")
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            for number in range(1_000):
                client.set(str(number), b"x" * 10_000)
        assert client.get("first") == b"1"


def test_a_folder_has_one_server(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path), pytest.raises(EmbeddedRedisError, match="that no other service uses"):
        EmbeddedRedis(tmp_path, patience_s=0.1).start()
    with EmbeddedRedis(tmp_path):
        pass


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").write_text("not a folder")
    with pytest.raises(EmbeddedRedisError, match="append-only"):
        EmbeddedRedis(tmp_path).start()


def test_it_has_no_process_before_it_starts_and_starts_once(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    with pytest.raises(EmbeddedRedisError, match="expected a started server"):
        _ = server.pid
    with server, pytest.raises(EmbeddedRedisError, match="never started"):
        server.start()
    server.close()
    assert read_last_log_line(tmp_path / "elsewhere") == "nothing in its log"


def test_killed_it_comes_back_at_the_same_place_with_all_it_had(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        url, first = server.url, server.pid
        with redis.Redis.from_url(url) as client:
            client.set("a", "1")
        for _ in range(2):
            before = server.pid
            os.kill(before, signal.SIGKILL)
            wait_for(partial(replaced, server, before))
            wait_for(lambda: answers(url))
        assert server.url == url and server.pid != first
        with redis.Redis.from_url(url) as client:
            assert client.get("a") == b"1"


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.exceptions.RedisError:
        return False


def test_it_comes_back_once_its_folder_does(tmp_path: Path) -> None:
    folder, away = tmp_path / "data", tmp_path / "away"
    with EmbeddedRedis(folder) as server:
        folder.rename(away)
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: is_gone(server.pid))
        time.sleep(0.5)  # not needed to pass; lets a try or two fail first
        away.rename(folder)
        wait_for(lambda: answers(server.url))


def test_a_hung_server_is_closed_all_the_same(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path, patience_s=3.0).start()
    os.kill(server.pid, signal.SIGSTOP)
    server.close()
    assert is_gone(server.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_it_goes_when_its_service_is_killed_and_another_can_start(tmp_path: Path) -> None:
    process, pid, url = service(tmp_path, then="time.sleep(600)")
    with redis.Redis.from_url(url) as client:
        client.set("a", "1")
    process.kill()
    with process, EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.get("a") == b"1"
    wait_for(lambda: is_gone(pid))


def test_it_goes_when_its_service_ends_without_a_word(tmp_path: Path) -> None:
    process, pid, _ = service(tmp_path, then="")
    with process:
        assert process.wait(DEADLINE_S) == 0
    wait_for(lambda: is_gone(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a process to its parent")
def test_a_server_whose_parent_went_before_the_tie_does_not_start() -> None:
    from app.state.embedded.process import LAUNCH

    command = [sys.executable, "-I", "-S", str(LAUNCH), "1", sys.executable, "-c", "print('started')"]
    ended = subprocess.run(command, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, b"")
