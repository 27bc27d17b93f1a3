"""The supervisor: listens at the port, hands connections to its workers, and starts again those that end."""

import logging
import selectors
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from app.config import Settings
from app.redis_address import open_redis
from app.workers.crew import Crew, Running, Worker
from app.workers.dispatcher import Dispatcher, open_listener
from app.workers.orders import WorkerOrder

LOG = logging.getLogger("chorus.workers")
GRACE_S = 15.0
"""Seconds for the workers to finish their open requests, a little more than they take at most."""
STOPS = (signal.SIGTERM, signal.SIGINT)


def supervise(settings: Settings, overrides: dict[str, Any]) -> str | None:
    """Serve with `settings.workers` processes until stopped; the reason why it could not serve, or None.

    `overrides` are the settings of the command line, which a worker's environment does not have. Raises
    EmbeddedRedisError.
    """
    try:
        listener = open_listener(settings.host, settings.port)
    except OSError:
        return f"expected an address that is free, given {settings.host}:{settings.port}"
    with ExitStack() as stack:
        stack.enter_context(listener)
        metrics = stack.enter_context(tempfile.TemporaryDirectory(prefix="chorus-"))
        wakeup = stack.enter_context(_heard_signals())
        url = stack.enter_context(open_redis(settings))
        crew = Crew(
            tuple(
                Worker(WorkerOrder(number, settings.workers, -1, metrics, url, overrides, number == 0))
                for number in range(settings.workers)
            )
        )
        return _Watch(listener, wakeup, crew).run()


@contextmanager
def _heard_signals() -> Iterator[socket.socket]:
    """A socket that becomes readable with each signal that stops the service."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    before = {number: signal.signal(number, lambda _number, _frame: None) for number in STOPS}
    descriptor = signal.set_wakeup_fd(theirs.fileno())
    try:
        yield ours
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        ours.close()
        theirs.close()


@dataclass(slots=True)
class _Watch:
    """One run of the supervisor."""

    listener: socket.socket
    wakeup: socket.socket
    crew: Crew
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    was_ready: bool = False  # True: a worker has been ready

    def run(self) -> str | None:
        """Watch the listener, the signals and the workers until a signal or a reason to stop."""
        dispatcher = Dispatcher(self.listener)
        with self.selector as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            selector.register(self.wakeup, selectors.EVENT_READ)
            try:
                while True:
                    self._start_due()
                    for key, _events in selector.select(timeout=self._find_pause()):
                        if key.fileobj is self.wakeup:
                            return None
                        if key.fileobj is self.listener:
                            dispatcher.accept(self.crew.list_seats())
                        elif (problem := self._hear(*key.data)) is not None:
                            return problem
            finally:
                self.listener.close()
                self.crew.stop(signal.SIGTERM, GRACE_S)

    def _start_due(self) -> None:
        for worker in self.crew.list_due(time.monotonic()):
            running = worker.start()
            self.selector.register(running.seat.link, selectors.EVENT_READ, (worker, running))
            fields = {"worker": worker.order.number, "pid": running.process.pid}
            LOG.info("worker started", extra={"fields": fields})

    def _find_pause(self) -> float | None:
        """Seconds until a worker starts again; None if all run."""
        waiting = [worker.due for worker in self.crew.workers if worker.running is None]
        return max(min(waiting) - time.monotonic(), 0.0) if waiting else None

    def _hear(self, worker: Worker, running: Running) -> str | None:
        """Hear a worker; the reason to stop if it could not serve and none has been ready yet."""
        if running.hear():
            self.was_ready |= running.seat.is_ready
            return None
        self.selector.unregister(running.seat.link)
        code = worker.end(running)
        fields = {"worker": worker.order.number, "exit_code": code}
        LOG.error("worker ended", extra={"fields": fields})
        if code > 0 and not self.was_ready:
            return (
                f"expected workers that can serve, given worker {worker.order.number} with exit code {code}"
            )
        return None
