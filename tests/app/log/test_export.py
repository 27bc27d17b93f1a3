"""The exported log: every accepted event once, also when the export is killed, and none of erased users."""

import asyncio
import signal
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.log import day_file
from app.log.day_file import LogFileError
from app.log.export import Exported, export_log
from app.state.embedded.server import EmbeddedRedis
from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent, StateStore, StreamEntry
from app.state.redis.store import RedisStore
from models.contract.events import Event
from tests.app.log.conftest import CAP, make_settings
from tests.app.log.killed_export import kill_export

DAY_MS = 86_400_000


def viewed(user: str, item: str, time: float = 1.0, **more: object) -> RecordedEvent:
    return RecordedEvent(user, Event(item, "view", time, **more))


def find_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def read_items(folder: Path) -> list[str]:
    return [
        item
        for path in sorted(folder.glob("*.parquet"))
        for item in pq.read_table(path)["item_id"].to_pylist()
    ]


async def test_every_event_is_written_once(store: StateStore, tmp_path: Path) -> None:
    await store.append([viewed("a", str(number)) for number in range(1_200)])
    assert await export_log(store, tmp_path) == Exported(1_200)
    assert await export_log(store, tmp_path) == Exported()
    await store.append([viewed("b", "new"), viewed("b", "newer")])
    assert await export_log(store, tmp_path) == Exported(2)
    assert read_items(tmp_path) == [*map(str, range(1_200)), "new", "newer"]


async def test_a_row_has_all_that_was_sent(store: StateStore, tmp_path: Path) -> None:
    context = {"device": "tv", "user_id": "odd", "text": "a key"}
    event = Event("é/1", "rate", 1763740801.25, 4.5, context, "loved it")
    await store.append([RecordedEvent("42", event, "e-1", "r-1", 3), viewed("43", "2", 7.0)])
    await export_log(store, tmp_path)
    (path,) = find_files(tmp_path)
    full, plain = pq.read_table(path).to_pylist()
    user = full.pop("user_id")
    assert user == (await store.read_stream())[0].recorded.user_id
    assert full == {
        "item_id": "é/1",
        "action": "rate",
        "value": 4.5,
        "timestamp": 1763740801.25,
        "recommendation_id": "r-1",
        "rank": 3,
        "event_id": "e-1",
        "text": "loved it",
        "accepted_at": pytest.approx(time.time(), abs=600),
        "device": "tv",
        "context.text": "a key",
        "context.user_id": "odd",
    }
    assert plain["device"] is None and plain["value"] is None and plain["timestamp"] == 7.0


async def test_erased_users_leave_the_files_too(store: StateStore, tmp_path: Path) -> None:
    ahead = time.time() + 3600
    await store.append([viewed("gone", "1", 10.0), viewed("stays", "2", 10.0), viewed("gone", "3", ahead)])
    await export_log(store, tmp_path)
    await store.erase("gone", time.time(), True)
    await asyncio.sleep(0.01)  # the ids of a stream's entries count milliseconds
    await store.append([viewed("gone", "back", ahead)])
    done = await export_log(store, tmp_path)
    assert (done.events, done.erased_events) == (1, 2)
    assert read_items(tmp_path) == ["2", "back"]
    assert (await export_log(store, tmp_path)).erased_events == 0


async def test_a_cut_stream_is_said(store: StateStore, tmp_path: Path) -> None:
    await store.append([viewed("a", "first")])
    assert not (await export_log(store, tmp_path)).has_gap
    for start in range(0, CAP + 1_000, 500):
        await store.append([viewed("a", str(number)) for number in range(start, start + 500)])
    assert (await export_log(store, tmp_path)).has_gap


async def test_a_new_context_key_is_a_column_of_all_files(store: StateStore, tmp_path: Path) -> None:
    await store.append([viewed("a", "1", context={"device": "tv"})])
    await export_log(store, tmp_path)
    (today,) = find_files(tmp_path)
    earlier = tmp_path / "2020-01-01.parquet"
    day_file.write_day(earlier, day_file.read_day(today))
    await store.append([viewed("a", "2", context={"place": "DE"})])
    await export_log(store, tmp_path)
    for path in (today, earlier):
        assert pq.read_schema(path).names[-2:] == ["device", "place"]
    assert pq.read_table(today)["place"].to_pylist() == [None, "DE"]


async def test_invented_context_keys_do_not_widen_the_files_without_end(tmp_path: Path) -> None:
    store = MemoryStore()
    await store.append([viewed("a", "1", context={f"key{number:03}": "x"}) for number in range(130)])
    done = await export_log(store, tmp_path)
    (path,) = find_files(tmp_path)
    assert len(day_file.list_context_columns(pq.read_schema(path))) == day_file.MOST_CONTEXT_COLUMNS
    assert len(done.left_out_keys) == 30


def test_entries_are_split_by_the_day_of_their_acceptance(tmp_path: Path) -> None:
    start = 1_763_683_200_000  # 2025-11-21 00:00 UTC
    entries = [
        StreamEntry(f"{start - 1}-0", viewed("a", "1")),
        StreamEntry(f"{start}-0", viewed("a", "2")),
        StreamEntry(f"{start + DAY_MS}-5", viewed("a", "3")),
    ]
    names = [day_file.name_day(tmp_path, entry).name for entry in entries]
    assert names == ["2025-11-20.parquet", "2025-11-21.parquet", "2025-11-22.parquet"]


async def test_a_strange_file_is_not_overwritten(tmp_path: Path) -> None:
    strange = tmp_path / "2025-11-21.parquet"
    pq.write_table(pa.table({"user_id": ["a"]}), strange)
    before = strange.read_bytes()
    with pytest.raises(LogFileError, match="expected a file that 'chorus log export' wrote"):
        await export_log(MemoryStore(), tmp_path)
    strange.write_bytes(b"PAR1 and no more")
    with pytest.raises(LogFileError, match="expected a file of the exported log"):
        await export_log(MemoryStore(), tmp_path)
    strange.write_bytes(before)


@pytest.mark.parametrize("writes", [1, 2, 3])
async def test_a_killed_export_loses_and_repeats_nothing(
    server: EmbeddedRedis, tmp_path: Path, writes: int
) -> None:
    settings = make_settings(server)
    store = RedisStore(settings)
    await store.append([viewed("a", str(number)) for number in range(2_500)])
    assert kill_export(settings, tmp_path, writes) == -signal.SIGKILL
    assert len(read_items(tmp_path)) == 1_000 * (writes - 1)
    await export_log(store, tmp_path)
    assert read_items(tmp_path) == list(map(str, range(2_500)))
    await store.close()
