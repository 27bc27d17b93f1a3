"""The running service as a dependency of routes."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from app.access.access import Access
from app.access.caller import Caller
from app.api.api_keys import CALLER
from app.api.request_body import BodyMemory
from app.chat import ChatModel
from app.compute_queue import ComputeQueue, Patience, Place
from app.config import Settings
from app.errors import TooManyRequestsError
from app.experiment_log import ExperimentLog
from app.freshness import Freshness
from app.impression_log import ImpressionLog
from app.outcomes.log import OutcomeLog
from app.reason_writer import ReasonWriter
from app.runtime import Runtime
from app.shadow_log import ShadowLog
from app.telemetry import Metrics
from app.tenant import Tenant
from app.workers.worker_metrics import WorkerMetrics

Result = TypeVar("Result")
PATIENCE_S = "chorus.patience_s"
"""Key of the scope with the seconds that the caller waits for its answer."""
PLACE = "chorus.place"
"""Key of the scope with the place of a request that needs a compute thread, if the connection gave it one."""


class RequestsInProgress:
    """Counts the requests whose body has arrived and that are not yet answered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0

    def check(self) -> None:
        """Raises TooManyRequestsError if there are as many as there may be."""
        if self._count >= self._most:
            raise TooManyRequestsError(f"expected at most {self._most} requests at once, given more")

    @contextmanager
    def count(self) -> Iterator[None]:
        """Count one request in the block. Raises TooManyRequestsError."""
        self.check()
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1


@dataclass(frozen=True, slots=True)
class Load:
    """The resources that the requests of one service share: threads, places, and memory for bodies."""

    queue: ComputeQueue
    in_progress: RequestsInProgress
    bodies: BodyMemory = field(default_factory=BodyMemory)


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one running service."""

    settings: Settings
    runtime: Runtime
    metrics: Metrics
    load: Load
    access: Access
    impressions: ImpressionLog
    outcomes: OutcomeLog
    freshness: Freshness
    experiments: ExperimentLog
    shadows: ShadowLog
    clock: Callable[[], float] = time.time
    chat: ChatModel | None = None
    workers: WorkerMetrics | None = None  # None: this process is the whole service
    reason_writer: ReasonWriter | None = None


@dataclass(frozen=True, slots=True)
class Computing:
    """The compute threads as one request may use them."""

    queue: ComputeQueue
    patience_s: float
    has_left: Callable[[], Awaitable[bool]]
    place: Place | None = None

    async def run(self, kind: str, work: Callable[[], Result]) -> Result:
        """Run CPU work in a compute thread, so that the event loop stays free.

        Raises OverloadedError if it cannot start within the caller's patience, and CallerLeftError. The patience
        begins with the request's arrival, and that of further work of the same request begins now.
        """
        began, is_new = self.queue.clock(), False
        if self.place is not None and self.place.is_taken:
            began, is_new = self.place.arrived, True
            self.place.give_up()
        return await self.queue.run(kind, work, Patience(began + self.patience_s, self.has_left, is_new))


def open_load(settings: Settings) -> Load:
    """The shared resources that these settings describe."""
    return Load(ComputeQueue(settings.compute_threads), RequestsInProgress(settings.max_concurrency))


async def get_service(request: Request) -> Service:
    """The service opened by the application's lifespan."""
    service: Service = request.state.service
    return service


async def get_tenant(request: Request) -> Tenant:
    """The tenant of the caller's key: whatever a route reads or changes of users and items belongs to it."""
    service: Service = request.state.service
    caller: Caller = request.scope[CALLER]
    return await service.runtime.open_tenant(caller.tenant)


async def get_computing(request: Request) -> Computing:
    """The compute threads for this request."""
    service: Service = request.state.service
    patience_s: float = request.scope.get(PATIENCE_S, service.settings.compute_timeout_s)
    return Computing(service.load.queue, patience_s, request.is_disconnected, request.scope.get(PLACE))


Serving = Annotated[Service, Depends(get_service)]
CallersTenant = Annotated[Tenant, Depends(get_tenant)]
Threads = Annotated[Computing, Depends(get_computing)]
