"""Batch scoring where the compute threads are taken: a chunk's groups fail, the others have their answers."""

import json
from pathlib import Path

from anyio import CapacityLimiter

from app.config import read_settings
from app.dependencies import Service
from app.errors import UnknownFieldError
from app.loaded import LoadedBundle
from app.routes.batch import TOGETHER, _lines, _scored
from app.runtime import Runtime
from app.schemas.batch import BadGroup, Group
from app.state.memory_store import MemoryUserStateStore
from app.telemetry import Metrics


def _serving(learnt: LoadedBundle, state: Path) -> Service:
    settings = read_settings(bundle_dir=learnt.folder, state_dir=state, compute_timeout_s=0.05)
    runtime = Runtime(settings, MemoryUserStateStore())
    runtime._bundle = learnt
    return Service(settings, runtime, Metrics(), CapacityLimiter(1))


async def test_a_chunk_without_a_compute_thread_fails_alone(learnt: LoadedBundle, tmp_path: Path) -> None:
    serving = _serving(learnt, tmp_path)
    somebody = object()
    serving.limiter.acquire_on_behalf_of_nowait(somebody)
    bad = BadGroup("u2", UnknownFieldError("expected another", "context.mood"))
    groups: list[Group | BadGroup] = [Group(user_id="u1", item_ids=["i1"]) for _ in range(2 * TOGETHER)]
    groups[3] = bad
    answered = []
    async for line in _lines(_scored(serving, learnt, groups)):
        answered.append(json.loads(line))
        if len(answered) == TOGETHER:
            serving.limiter.release_on_behalf_of(somebody)
    codes = [group["error"]["code"] if group["status"] == "error" else "ok" for group in answered]
    first = ["unavailable"] * TOGETHER
    first[3] = "unknown_field"
    assert codes == first + ["ok"] * TOGETHER
    assert {group["user_id"] for group in answered} == {"u1", "u2"}
