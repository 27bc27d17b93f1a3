"""The compute thread: work runs off the event loop, and nobody waits for it for ever."""

import threading

import anyio
import pytest
from anyio import CapacityLimiter

from app.access.access import build_access
from app.api.dependencies import Service
from app.config import Settings
from app.errors import UnavailableError
from app.runtime import Runtime
from app.state.memory.store import MemoryStore
from app.telemetry import Metrics


def _service(settings: Settings) -> Service:
    runtime = Runtime(settings, MemoryStore())
    return Service(
        settings, runtime, Metrics(), CapacityLimiter(settings.compute_threads), build_access(settings)
    )


async def test_work_runs_off_the_event_loops_thread_and_its_errors_come_back() -> None:
    service = _service(Settings())
    assert await service.compute(threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await service.compute(lambda: 1 // 0)


async def test_a_request_that_finds_no_thread_in_time_is_told_to_come_back() -> None:
    service = _service(Settings(compute_timeout_s=0.05))
    leave, entered = threading.Event(), anyio.Event()

    def hold() -> bool:
        anyio.from_thread.run_sync(entered.set)
        return leave.wait(10)

    async with anyio.create_task_group() as group:
        group.start_soon(service.compute, hold)
        await entered.wait()
        with pytest.raises(UnavailableError):
            await service.compute(threading.get_ident)
        leave.set()
    assert await service.compute(lambda: 7) == 7
