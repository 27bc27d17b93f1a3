"""The exported impressions: a row for each item shown, once, joined with the events of the answer."""

import signal
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.log import day_file
from app.log.day_file import LogFileError
from app.log.export import Exported, export_log
from app.log.impression_export import FOLDER, ExportedImpressions
from app.log.impression_queue import list_queues
from app.log.takes import Label, Take, find_label
from app.state.embedded.server import EmbeddedRedis
from app.state.memory.store import MemoryStore
from app.state.protocol import Impression, RecordedEvent, StateStore
from app.state.redis.store import RedisStore
from models.contract.events import Event
from models.contract.roles import NO_ROLES, ActionRole, Role, Roles
from tests.app.log.conftest import CAP, make_settings
from tests.app.log.killed_export import kill_export

WINDOW_S = 60.0
FULL = Impression(
    recommendation_id="r",
    user_id="u",
    shown_at=1763740800.5,
    model_version="v1",
    item_ids=("589", "1196"),
    scores=(0.75, -0.5),
    heads={"next": (0.25, 0.125), "like": (0.5, 0.5)},
    sources=(("neighbours", "linked"), ()),
    first_rank=11,
    scene="home",
    variant="b",
    context={"device": "mobile"},
    propensity=(0.5, None),
)


def shown(number: int, user_id: str | None = "u", shown_at: float = 5.0) -> Impression:
    return Impression(
        f"r{number}", user_id, shown_at, "v1", ("1",), (0.5,), {"next": (0.5,)}, (("popular",),)
    )


def later() -> float:
    """A moment at which the windows of all that was shown are closed."""
    return time.time() + WINDOW_S + 1


async def export(store: StateStore, folder: Path, roles: Roles = NO_ROLES) -> Exported:
    return await export_log(store, folder, WINDOW_S, roles, later())


async def post(store: StateStore, *events: tuple[str, str, str, float | None]) -> None:
    """Events of (recommendation, item, action, value)."""
    await store.append(
        [
            RecordedEvent("u", Event(item, action, 1.0, value), None, answer)
            for answer, item, action, value in events
        ]
    )


def read_rows(folder: Path) -> list[dict[str, object]]:
    return [
        row for path in sorted((folder / FOLDER).glob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]


def read_ids(folder: Path) -> list[object]:
    return [row["recommendation_id"] for row in read_rows(folder)]


async def test_a_row_has_what_was_shown_and_what_became_of_it(store: StateStore, tmp_path: Path) -> None:
    await store.impressions.add([FULL])
    await post(
        store, ("r", "589", "click", None), ("r", "589", "rate", 4.5), ("other", "1196", "click", None)
    )
    done = await export(store, tmp_path)
    assert done.events == 3 and done.impressions == ExportedImpressions(1)
    first, second = read_rows(tmp_path)
    user = (await store.read_stream())[0].recorded.user_id
    assert first.pop("taken_after_s") == pytest.approx(0, abs=60)
    assert first == {
        "recommendation_id": "r",
        "user_id": user,
        "timestamp": 1763740800.5,
        "scene": "home",
        "model_version": "v1",
        "variant": "b",
        "context.device": "mobile",
        "rank": 11,
        "item_id": "589",
        "score": 0.75,
        "propensity": 0.5,
        "sources": ["neighbours", "linked"],
        "head.like": 0.5,
        "head.next": 0.25,
        "taken": True,
        "value": 4.5,
    }
    assert (second["rank"], second["propensity"], second["sources"]) == (12, None, [])
    assert (second["taken"], second["value"], second["taken_after_s"]) == (False, None, None)


async def test_an_answer_waits_for_the_end_of_its_window(store: StateStore, tmp_path: Path) -> None:
    await store.impressions.add([shown(1), shown(2, None)])
    done = await export_log(store, tmp_path, WINDOW_S)
    assert done.impressions == ExportedImpressions(waiting=2) and read_rows(tmp_path) == []
    await post(store, ("r1", "1", "like", None))
    await store.impressions.add([shown(3)])
    done = await export(store, tmp_path)
    assert done.impressions == ExportedImpressions(3) and not done.is_idle
    assert [(row["recommendation_id"], row["taken"], row["value"]) for row in read_rows(tmp_path)] == [
        ("r1", True, 1.0),
        ("r2", False, None),
        ("r3", False, None),
    ]
    assert (await export(store, tmp_path)).is_idle and len(read_rows(tmp_path)) == 3


async def test_the_queue_has_a_file_an_hour_and_keeps_the_newest(tmp_path: Path) -> None:
    now = [1_763_740_800.0]  # 2025-11-21 16:00 UTC
    store = MemoryStore()
    store.impressions._clock = lambda: now[0]
    for number, minutes in enumerate((0, 50, 30, 60)):  # 16:00, 16:50, 17:20, 18:20
        now[0] += 60 * minutes
        await store.impressions.add([shown(number)])
    steps = [(16.9, 0, 4), (17.9, 2, 2), (17.9, 0, 2), (18.4, 1, 1), (20.0, 1, 0), (20.0, 0, 0)]
    queues = []
    for hours, written, waiting in steps:
        moment = 1_763_740_800.0 + 3600 * (hours - 16)
        done = await export_log(store, tmp_path, 3600.0, now=moment)
        assert (done.impressions.written, done.impressions.waiting) == (written, waiting), hours
        queues.append([path.name[-3:] for path in list_queues(tmp_path / FOLDER)])
    assert queues == [["T16", "T17", "T18"], *[["T17", "T18"]] * 2, *[["T18"]] * 3]
    assert read_ids(tmp_path) == ["r0", "r1", "r2", "r3"]
    assert sorted(pq.ParquetDataset(tmp_path / FOLDER).files) == [
        str(tmp_path / FOLDER / "2025-11-21.parquet")
    ]


async def test_what_takes_an_item_is_said_by_the_roles(store: StateStore, tmp_path: Path) -> None:
    await store.impressions.add([shown(number) for number in range(4)])
    actions = ("impression", "dislike", "view", "purchase")
    await post(store, *((f"r{number}", "1", action, None) for number, action in enumerate(actions)))
    roles = {"view": ActionRole(role=Role.EXPOSURE), "purchase": ActionRole(weight=3)}
    await export(store, tmp_path, roles)
    assert [row["value"] for row in read_rows(tmp_path)] == [None, None, None, 3.0]


def test_an_event_after_the_window_does_not_count() -> None:
    takes = {("r", "1"): [Take(170.0, 9.0), Take(130.5, 2.0), Take(160.0, 3.0)]}
    assert find_label(takes, "r", "1", 100.0, 60.0) == Label(True, 3.0, 30.5)
    assert (
        find_label(takes, "r", "1", 100.0, 30.0) == find_label(takes, "r", "2", 100.0, 60.0) == Label(False)
    )
    assert find_label(takes, "r", "1", 131.0, 1.0) == Label(True, 2.0, 0.0), "written before the impression"


async def test_erased_users_leave_rows_and_queue(store: StateStore, tmp_path: Path) -> None:
    await store.impressions.add([shown(1, "gone", 10.0), shown(2, "stays"), shown(3, None)])
    await export(store, tmp_path)
    await store.impressions.add([shown(4, "gone", 20.0), shown(5, "gone", 2e9)])
    await export_log(store, tmp_path, WINDOW_S)
    await store.erase("gone", time.time(), True)
    done = await export(store, tmp_path)
    assert done.impressions == ExportedImpressions(1, erased=2)
    assert read_ids(tmp_path) == ["r2", "r3", "r5"]


async def test_new_keys_and_heads_are_columns_of_all_files(store: StateStore, tmp_path: Path) -> None:
    await store.impressions.add([shown(1)])
    await export(store, tmp_path)
    await store.impressions.add([replace(FULL, context={"place": "DE"})])
    await export(store, tmp_path)
    first, *others = read_rows(tmp_path)
    assert first["context.place"] is None and first["head.like"] is None and first["propensity"] == 1.0
    assert others[0]["context.place"] == "DE"


async def test_invented_context_keys_do_not_widen_the_files_without_end(
    store: StateStore, tmp_path: Path
) -> None:
    context = {f"key{number:03}": "x" for number in range(130)}
    await store.impressions.add([replace(FULL, context=context)])
    await export(store, tmp_path)
    columns = [name for name in read_rows(tmp_path)[0] if name.startswith("context.")]
    assert len(columns) == day_file.MOST_CONTEXT_COLUMNS


async def test_another_window_is_refused(store: StateStore, tmp_path: Path) -> None:
    await store.impressions.add([shown(1)])
    await export_log(store, tmp_path, 3600.0)
    with pytest.raises(LogFileError, match=r"earlier exports \(3600 s, as in .*\), given 60 s"):
        await export(store, tmp_path)
    (path,) = list_queues(tmp_path / FOLDER)
    path.write_bytes(b"no Parquet")
    with pytest.raises(LogFileError, match="expected the open impressions"):
        await export(store, tmp_path)


async def test_a_cut_stream_is_said(store: StateStore, tmp_path: Path) -> None:
    await store.impressions.add([shown(0)])
    assert not (await export(store, tmp_path)).impressions.has_gap
    await store.impressions.add([shown(number) for number in range(1, CAP + 1_000)])
    assert (await export(store, tmp_path)).impressions.has_gap


@pytest.mark.parametrize("writes", [2, 5, 7])
async def test_a_killed_export_loses_and_repeats_nothing(
    server: EmbeddedRedis, tmp_path: Path, writes: int
) -> None:
    """Three parts are read into the queue, then written to the day's file, then the queue is made empty."""
    settings = make_settings(server)
    store = RedisStore(settings)
    await store.impressions.add([shown(number) for number in range(2_500)])
    assert kill_export(settings, tmp_path, writes, WINDOW_S, later()) == -signal.SIGKILL
    before = len(read_ids(tmp_path))
    done = await export(store, tmp_path)
    assert read_ids(tmp_path) == [f"r{number}" for number in range(2_500)]
    assert done.impressions.written == 2_500 - before
    await store.close()
