"""Work in a thread beside the event loop."""

from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread

Result = TypeVar("Result")


async def run_in_thread(work: Callable[[], Result]) -> Result:
    """Run work beside the event loop."""
    return await to_thread.run_sync(work)
