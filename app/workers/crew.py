"""The worker processes: start, stop, and the pause before one that has ended starts again."""

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.workers.dispatcher import Seat
from app.workers.orders import READY, WorkerOrder

LOG = logging.getLogger("chorus.workers")
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A worker that was ready at least this long starts again after the shortest pause."""
WORKER = "app.workers.worker"
"""The module that a worker process runs."""


@dataclass(slots=True)
class Running:
    """A worker's process, and its seat among those that take connections."""

    process: subprocess.Popen[bytes]
    seat: Seat
    ready_since: float = 0.0  # seconds of the monotonic clock

    def hear(self) -> bool:
        """Read the worker's messages; False if its end of the link is closed."""
        try:
            message = self.seat.link.recv(64)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if READY in message and not self.seat.is_ready:
            self.seat.is_ready, self.ready_since = True, time.monotonic()
        return bool(message)

    def wait(self, patience_s: float = 5.0) -> int:
        """The exit code, negative for a signal. Kills a process that does not end in time."""
        self.seat.link.close()
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            LOG.warning("a worker did not end, and is killed", extra={"fields": {"pid": self.process.pid}})
            self.process.kill()
            return self.process.wait()


@dataclass(slots=True)
class Worker:
    """One worker of the service, which may run or wait for its next start."""

    order: WorkerOrder
    running: Running | None = None
    pause_s: float = FIRST_PAUSE_S
    due: float = 0.0  # seconds of the monotonic clock: when it starts, while it does not run

    def start(self) -> Running:
        """Start the process. Its order goes through its standard input, where no other user can read it."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            order = replace(self.order, link=theirs.fileno())
            process = subprocess.Popen(  # noqa: S603  # this interpreter, without a shell
                [sys.executable, "-m", WORKER], stdin=subprocess.PIPE, pass_fds=[theirs.fileno()]
            )
        if process.stdin is not None:
            with process.stdin as pipe:
                pipe.write(order.dump())
        self.running = Running(process, Seat(ours))
        return self.running

    def end(self, running: Running) -> int:
        """Wait for the process, whose link is closed, and plan the next start; the exit code."""
        code, now = running.wait(), time.monotonic()
        if running.seat.is_ready and now - running.ready_since >= STEADY_S:
            self.pause_s = FIRST_PAUSE_S
        self.due, self.pause_s = now + self.pause_s, min(2 * self.pause_s, LONGEST_PAUSE_S)
        self.order, self.running = replace(self.order, announces=False), None
        return code


@dataclass(frozen=True, slots=True)
class Crew:
    """All workers of a service."""

    workers: tuple[Worker, ...]

    def list_running(self) -> list[Running]:
        """The workers that run."""
        return [worker.running for worker in self.workers if worker.running is not None]

    def list_seats(self) -> list[Seat]:
        """The seats of the workers that run."""
        return [running.seat for running in self.list_running()]

    def list_due(self, now: float) -> Iterator[Worker]:
        """Yield the workers that do not run and whose pause is over."""
        for worker in self.workers:
            if worker.running is None and worker.due <= now:
                yield worker

    def stop(self, signal_number: int, patience_s: float) -> None:
        """Signal every worker, and kill those that have not ended in time."""
        end, running = time.monotonic() + patience_s, self.list_running()
        for worker in running:
            worker.process.send_signal(signal_number)
        for worker in running:
            worker.wait(max(end - time.monotonic(), 0.1))
