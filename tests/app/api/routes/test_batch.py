"""Batch scoring: users are read once, and where the compute threads are taken only a portion's groups fail."""

import asyncio
import json
import threading
from pathlib import Path

from app.access.access import build_access
from app.api.batch_scoring import score_groups
from app.api.dependencies import Computing, Service, open_load
from app.api.routes.batch import write_lines
from app.api.schemas.batch import BadGroup, Group
from app.bundle.bundle import LoadedBundle
from app.compute_queue import Patience
from app.config import read_settings
from app.errors import UnknownFieldError
from app.experiment_log import ExperimentLog
from app.freshness import Freshness
from app.impression_log import ImpressionLog
from app.outcomes.log import OutcomeLog
from app.pipeline.scoring.batching import BATCH_COST, USER_COST
from app.runtime import Runtime
from app.shadow_log import ShadowLog
from app.state.memory.store import MemoryStore
from app.state.protocol import StoredUser
from app.telemetry import Metrics
from app.tenant import Tenant

NOW = 1_763_740_800.0


def _serving(learnt: LoadedBundle, state: Path, store: MemoryStore | None = None) -> Service:
    settings = read_settings(bundle_dir=learnt.folder, state_dir=state, compute_timeout_s=0.05)
    runtime = Runtime(settings, store or MemoryStore())
    runtime.default_tenant._bundle = learnt
    impressions = ImpressionLog(lambda _fate, _count: None)
    return Service(
        settings,
        runtime,
        Metrics(),
        open_load(settings),
        build_access(settings),
        impressions,
        OutcomeLog(Metrics().outcomes),
        Freshness(lambda _seconds: None),
        ExperimentLog(lambda _fate, _count: None),
        ShadowLog(Metrics().shadows),
    )


async def _stay() -> bool:
    return False


def _tenant(service: Service) -> Tenant:
    return service.runtime.default_tenant


def _threads(service: Service) -> Computing:
    return Computing(service.load.queue, service.settings.compute_timeout_s, _stay)


async def test_a_portion_without_a_compute_thread_fails_alone(learnt: LoadedBundle, tmp_path: Path) -> None:
    """The second user's groups, which come between, are of the second portion: they have their answers."""
    serving = _serving(learnt, tmp_path)
    leave = threading.Event()
    patient = Patience(serving.load.queue.clock() + 60, _stay)
    work = [serving.load.queue.run("held", lambda: leave.wait(10), patient) for _ in range(2)]
    held = [asyncio.create_task(waiting) for waiting in work]
    await asyncio.sleep(0)
    bad = BadGroup("u1", UnknownFieldError("expected another", "context.mood"))
    asked = [f"i{number % 80}" for number in range(BATCH_COST // 2 - USER_COST)]
    u1, u2 = (Group(user_id=user_id, item_ids=asked) for user_id in ("u1", "u2"))
    groups: list[Group | BadGroup] = [u1, bad, u1, u2, u2]
    told = []
    async for lines in write_lines(score_groups(_tenant(serving), _threads(serving), learnt, groups, NOW)):
        told.append([json.loads(line) for line in lines.splitlines()])
        if len(told) == 1:
            leave.set()
            await asyncio.gather(*held)
    codes = [[group.get("error", {}).get("code", group["status"]) for group in lines] for lines in told]
    assert codes == [["overloaded", "unknown_field", "overloaded"], ["ok", "ok"]]
    assert [group["user_id"] for lines in told for group in lines] == ["u1", "u1", "u1", "u2", "u2"]


async def test_what_is_scored_early_waits_for_its_place(learnt: LoadedBundle, tmp_path: Path) -> None:
    """u1's third group is scored with its first, before u2's."""
    asked = [f"i{number % 80}" for number in range(BATCH_COST)]
    groups = [
        Group(user_id=user_id, item_ids=asked[:size])
        for user_id, size in (("u1", 9), ("u2", 5000), ("u1", 3))
    ]
    serving = _serving(learnt, tmp_path)
    told = [
        outcomes async for outcomes in score_groups(_tenant(serving), _threads(serving), learnt, groups, NOW)
    ]
    assert [[group["user_id"] for group in outcomes] for outcomes in told] == [["u1"], ["u2", "u1"]]
    assert [len(group["scores"]) for outcomes in told for group in outcomes] == [9, len(asked), 3]


async def test_a_user_of_many_groups_is_read_once(learnt: LoadedBundle, tmp_path: Path) -> None:
    class Counting(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self.reads: list[str] = []

        async def read(self, user_id: str) -> StoredUser:
            self.reads.append(user_id)
            return await super().read(user_id)

    store = Counting()
    serving = _serving(learnt, tmp_path, store)
    groups = [Group(user_id=f"u{number % 3}", item_ids=["i1"]) for number in range(60)]
    told = [
        group
        async for outcomes in score_groups(_tenant(serving), _threads(serving), learnt, groups, NOW)
        for group in outcomes
    ]
    assert store.reads == ["u0", "u1", "u2"]
    assert [group["user_id"] for group in told] == [group.user_id for group in groups]
