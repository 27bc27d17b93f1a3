"""The running service as a dependency of routes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from app.access.access import Access
from app.config import Settings
from app.errors import UnavailableError
from app.runtime import Runtime
from app.telemetry import Metrics

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one running service."""

    settings: Settings
    runtime: Runtime
    metrics: Metrics
    limiter: CapacityLimiter
    access: Access
    clock: Callable[[], float] = time.time

    async def compute(self, work: Callable[[], Result]) -> Result:
        """Run CPU work in a compute thread, so that the event loop stays free.

        Raises UnavailableError if no thread is free within the time limit.
        """
        try:
            with anyio.fail_after(self.settings.compute_timeout_s):
                return await to_thread.run_sync(work, limiter=self.limiter)
        except TimeoutError as error:
            raise UnavailableError("No compute thread was free in time") from error


async def get_service(request: Request) -> Service:
    """The service opened by the application's lifespan."""
    service: Service = request.state.service
    return service


Serving = Annotated[Service, Depends(get_service)]
