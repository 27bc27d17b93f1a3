"""Tasks beside the requests: begun when the bundle is loaded, apart from each other, and ended with the service."""

import asyncio
import logging

import pytest

from app.background import Background

TURNS = 20
"""Of the event loop, enough for tasks that wait for nothing."""


async def test_works_begin_after_the_loading() -> None:
    begun, background = asyncio.Event(), Background()
    may_load = asyncio.Event()

    async def work() -> None:
        begun.set()

    loading = asyncio.create_task(_wait(may_load))
    background.start({"work is done": work}, loading)
    await asyncio.sleep(0)
    assert not begun.is_set()
    may_load.set()
    await asyncio.wait_for(begun.wait(), 30)
    await background.stop()


async def test_without_a_bundle_nothing_begins() -> None:
    background = Background()

    async def work() -> None:
        raise AssertionError("expected no work without a bundle")

    async def fail() -> None:
        raise ValueError("no bundle")

    loading = asyncio.create_task(fail())
    background.start({"work is done": work}, loading)
    await asyncio.wait([loading])
    await background.stop()
    assert isinstance(loading.exception(), ValueError)


async def test_a_failure_is_logged_and_leaves_the_others(caplog: pytest.LogCaptureFixture) -> None:
    background, ended = Background(), asyncio.Event()

    async def fail() -> None:
        raise ValueError("broken")

    async def go_on() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with caplog.at_level(logging.CRITICAL):
        loading = asyncio.create_task(_wait())
        background.start({"one is done": fail}, loading)
        background.start({"another is done": go_on}, loading)
        for _turn in range(TURNS):
            await asyncio.sleep(0)
        assert not ended.is_set()
        await background.stop()
    assert ended.is_set() and [record.getMessage() for record in caplog.records] == ["one is done no longer"]


async def _wait(event: asyncio.Event | None = None) -> None:
    if event is not None:
        await event.wait()
