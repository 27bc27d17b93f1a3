"""The embedded Redis server: a thread that starts, watches, restarts and stops it."""

import atexit
import logging
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from app.state.embedded.process import (
    EmbeddedRedisError,
    ServerFolder,
    launch,
    lock_folder,
    read_last_log_line,
    stop,
    wait_until_ready,
)
from app.state.embedded.socket_place import LONGEST_PATH, build_url, open_places

WATCH_S = 0.2
LONGEST_PAUSE_S = 5.0
STEADY_S = 2.0
"""A server that ran at least this long is restarted without a pause."""

_Started = tuple[subprocess.Popen[bytes], Path]

logger = logging.getLogger(__name__)


class EmbeddedRedis:
    """Starts Valkey with its data in a folder, and restarts it there when it dies.

    It listens only at a Unix socket in that folder, which only this user can enter. Where the folder cannot hold a
    socket, as its path is too long or its file system has none, the socket is in a new folder for temporary files.

    One thread launches, watches and stops the server. The thread must live as long as the server: Linux ends a
    process with the thread that forked it (PR_SET_PDEATHSIG), so that a SIGKILL of the service ends the server
    too. On macOS a server may outlive a killed service; it keeps the folder's lock, so a second server on the
    same data is refused.
    """

    def __init__(self, folder: Path, maxmemory: str | None = None, patience_s: float = 20.0) -> None:
        self._folder = folder
        self._maxmemory = maxmemory
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None
        self._address: Path | None = None
        self._problem = "nothing in its log"
        self._thread: threading.Thread | None = None
        self._started = threading.Event()
        self._closing = threading.Event()

    def start(self) -> Self:
        """Start the server and wait for it. Raises EmbeddedRedisError if it does not answer within `patience_s`."""
        if self._thread is not None:
            raise EmbeddedRedisError("expected a server that was never started, given one that was")
        lock = lock_folder(self._folder, self._patience_s)
        folder = ServerFolder(self._folder, lock, self._maxmemory)
        # A daemon thread, so that a service can end without close().
        self._thread = threading.Thread(target=self._run, args=(folder,), name="embedded-redis", daemon=True)
        self._thread.start()
        atexit.register(self.close)
        self._started.wait()
        if self._address is None:
            self.close()
            raise EmbeddedRedisError(f"expected a server that answers, given: {self._problem}")
        return self

    def close(self) -> None:
        """Stop the server and wait for its end. May be called twice."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The URL for clients; it stays the same over restarts."""
        if self._address is None:
            raise EmbeddedRedisError("expected a started server, given none")
        return build_url(self._address)

    @property
    def pid(self) -> int:
        """The server's process id; it changes with a restart."""
        if self._process is None:
            raise EmbeddedRedisError("expected a started server, given none")
        return self._process.pid

    def _run(self, folder: ServerFolder) -> None:
        try:
            with open_places(folder.path) as places:
                started = self._start_first(folder, places)
                self._started.set()
                if started is not None:
                    self._watch(*started, folder)
        finally:
            self._started.set()
            os.close(folder.lock)

    def _start_first(self, folder: ServerFolder, places: Iterator[Path]) -> _Started | None:
        """Start a server at the first place that works, which restarts will reuse; None if there is none."""
        self._problem = f"no path of at most {LONGEST_PATH} bytes for a socket in {folder.path}"
        for address in places:
            self._process = process = launch(folder, address)
            if wait_until_ready(process, address, self._patience_s):
                self._address = address
                return process, address
            self._problem = read_last_log_line(folder.path)
            if process.poll() is None:  # it hangs: another place would not help
                stop(process, patience_s=1)
                return None
        return None

    def _watch(self, process: subprocess.Popen[bytes], address: Path, folder: ServerFolder) -> None:
        """Restart the server whenever it ends, with growing pauses if it ends soon after its start, until close."""
        born, pause_s = time.monotonic(), WATCH_S
        while not self._closing.wait(WATCH_S):
            if process.poll() is None:
                continue
            logger.error("the embedded Redis server ended with %s and is started again", process.returncode)
            pause_s = WATCH_S if time.monotonic() - born > STEADY_S else min(2 * pause_s, LONGEST_PAUSE_S)
            if self._closing.wait(pause_s - WATCH_S):
                break
            born = time.monotonic()
            try:
                self._process = process = launch(folder, address)
            except OSError as exc:
                logger.error("the embedded Redis server cannot be started for now: %s", exc)
        stop(process, self._patience_s)
