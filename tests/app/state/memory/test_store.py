"""What only the in-memory store has: a cap on users."""

from app.state.limits import StoreLimits
from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent
from models.contract.events import Event


async def test_the_user_written_to_longest_ago_is_forgotten() -> None:
    store = MemoryStore(StoreLimits(user_cap=2, stream_cap=3))
    for user_id in ("a", "b", "a", "c"):
        await store.append([RecordedEvent(user_id, Event("1", "view", 1.0))])
    counts = {user_id: len((await store.read(user_id)).state.events) for user_id in "abc"}
    assert counts == {"a": 2, "b": 0, "c": 1}
    assert [entry.recorded.user_id for entry in await store.read_stream()] == ["b", "a", "c"]


async def test_made_up_users_erasures_push_nobody_out() -> None:
    store = MemoryStore(StoreLimits(user_cap=3))
    await store.append([RecordedEvent("real", Event("1", "view", 1.0))])
    await store.erase("trained", 1.0, lasting=True)
    for number in range(10):
        await store.erase(f"nobody-{number}", 1.0, lasting=False)
    assert (await store.read("trained")).erased_at == 1.0
    assert len((await store.read("real")).state.events) == 1


async def test_event_ids_are_capped() -> None:
    store = MemoryStore(StoreLimits(max_event_ids=2))
    for event_id in ("a", "b", "c"):
        assert await store.append([RecordedEvent("1", Event("1", "view", 1.0), event_id)]) == [True]
    events = [RecordedEvent("1", Event("1", "view", 1.0), event_id) for event_id in ("c", "b", "a")]
    assert await store.append(events) == [False, False, True]
