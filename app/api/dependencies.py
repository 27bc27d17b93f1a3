"""What a route may ask for: the service's parts, and that the caller holds the key."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Request

from app.config import Settings
from app.errors import UnauthorizedError, UnavailableError
from app.runtime import Runtime
from app.telemetry import Metrics

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Service:
    """One running service: what lives from its start to its end."""

    settings: Settings
    runtime: Runtime
    metrics: Metrics
    limiter: CapacityLimiter
    clock: Callable[[], float] = time.time

    async def compute(self, work: Callable[[], Result]) -> Result:
        """Run CPU work in a compute thread, so that the event loop stays free.

        Raises UnavailableError where no thread comes free in time.
        """
        try:
            with anyio.fail_after(self.settings.compute_timeout_s):
                return await to_thread.run_sync(work, limiter=self.limiter)
        except TimeoutError as error:
            raise UnavailableError("expected a free compute thread, given none in time") from error


async def service(request: Request) -> Service:
    """The service that the lifespan yielded."""
    found: Service = request.state.service
    return found


Serving = Annotated[Service, Depends(service)]


async def authorize(request: Request, serving: Serving) -> None:
    """Raises UnauthorizedError where a key is set and the caller gives none, or another."""
    key = serving.settings.api_key
    if key is None:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    if not secrets.compare_digest(given.encode(), key.get_secret_value().encode()):
        raise UnauthorizedError(
            "expected the key as 'Authorization: Bearer ...' or X-API-Key, given none or another"
        )


def guarded_router(tag: str) -> APIRouter:
    """A router whose endpoints are under /v1 and need the key, where one is set."""
    return APIRouter(prefix="/v1", tags=[tag], dependencies=[Depends(authorize)])
