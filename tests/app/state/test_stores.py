"""The contract of every store."""

import asyncio
import math
from dataclasses import replace

import pytest

from app.state.protocol import (
    Appended,
    RecordedEvent,
    StateStore,
    StoredUser,
    UserExport,
    UserMerge,
)
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event
from models.contract.roles import NO_ROLES, seen_items

ODD_IDS = ["", "\x00", "{a}b", "a\nb\r\n", "🎬/é", "a:b*?", " ", "x" * 512, "🎬" * 512, "'; \"] \\"]


def viewed(user_id: str, item_id: str, timestamp: float = 0.0, event_id: str | None = None) -> RecordedEvent:
    return RecordedEvent(user_id, Event(item_id, "view", timestamp), event_id)


def views(user_id: str, count: int, start: int = 0) -> list[RecordedEvent]:
    return [viewed(user_id, str(number), float(number)) for number in range(start, start + count)]


async def item_ids(store: StateStore, user_id: str) -> list[str]:
    return [event.item_id for event in (await store.read(user_id)).state.events]


async def test_an_unknown_user_is_empty(store: StateStore) -> None:
    assert await store.read("nobody") == StoredUser(UserState("nobody"))


async def test_an_event_is_there_at_the_next_read(store: StateStore) -> None:
    event = Event("589", "rate", 1763740801.25, 4.5)
    assert await store.append([RecordedEvent("42", event)]) == [True]
    assert (await store.read("42")).state == UserState("42", events=(event,))
    assert (await store.read("43")).state.events == ()


async def test_no_events_are_no_work(store: StateStore) -> None:
    assert await store.append([]) == []


@pytest.mark.parametrize("odd", ODD_IDS)
async def test_ids_may_hold_anything(store: StateStore, odd: str) -> None:
    recorded = RecordedEvent(odd, Event(odd, odd, 1.0, context={odd: odd}), odd or None, odd or None)
    await store.put_profile(User(odd, {odd: (odd, odd)}, odd))
    await store.put_item(Item(odd, {odd: odd}))
    assert await store.append([recorded, viewed(odd + "!", "other")]) == [True, True]
    state = (await store.read(odd)).state
    assert state == UserState(odd, User(odd, {odd: (odd, odd)}, odd), (Event(odd, odd, 1.0),))
    assert (await store.items()).items == {odd: Item(odd, {odd: odd})}
    assert (await store.read_stream())[0].recorded == recorded
    assert await store.erase(odd, 2.0, lasting=True) == {"events": 1, "profile": 1, "stream": 1}
    assert await item_ids(store, odd + "!") == ["other"]


async def test_events_are_read_by_time_and_then_as_they_came(store: StateStore) -> None:
    await store.append([viewed("1", "c", 3.0), viewed("1", "a", 1.0), viewed("1", "b1", 2.0)])
    await store.append([viewed("1", "b2", 2.0), viewed("1", "first", -1.0)])
    assert await item_ids(store, "1") == ["first", "a", "b1", "b2", "c"]


async def test_a_retry_is_harmless(store: StateStore) -> None:
    batch = [viewed("1", "a", 1.0, "e1"), viewed("1", "b", 2.0, "e2"), viewed("1", "c", 3.0)]
    assert await store.append(batch[:1]) == [True]
    assert await store.append(batch) == [False, True, True]
    assert await store.append(batch) == [False, False, True]  # no id, so nobody can know
    assert await item_ids(store, "1") == ["a", "b", "c", "c"]
    assert len(await store.read_stream()) == 4


async def test_an_id_twice_in_one_batch_counts_once(store: StateStore) -> None:
    batch = [viewed("1", "a", 1.0, "e"), viewed("1", "a", 1.0, "e"), viewed("1", "b", 2.0, "e")]
    assert await store.append(batch) == [Appended.STORED, Appended.DUPLICATE, Appended.CONFLICT]
    assert await item_ids(store, "1") == ["a"]


async def test_event_ids_are_each_users_own(store: StateStore) -> None:
    assert await store.append([viewed("1", "a", 1.0, "e"), viewed("2", "a", 1.0, "e")]) == [True, True]


async def test_the_newest_events_are_kept(store: StateStore) -> None:
    for start in range(0, 600, 7):  # over several trims
        await store.append(views("1", 7, start))
    assert await item_ids(store, "1") == [str(number) for number in range(402, 602)]


async def test_old_events_that_come_late_do_not_drive_out_new_ones(store: StateStore) -> None:
    await store.append(views("1", 150, start=1_000))
    await store.append(views("1", 500))
    expected = [*range(450, 500), *range(1_000, 1_150)]
    assert await item_ids(store, "1") == [str(number) for number in expected]


async def test_of_older_events_the_items_are_remembered(store: StateStore) -> None:
    for start in range(0, 600, 7):  # over several trims
        await store.append(views("1", 7, start))
        await store.append([viewed("1", "often", float(start))])
    state = (await store.read("1")).state
    assert len(state.events) == 200
    kept = {event.item_id for event in state.events}
    assert state.past_items == {str(number) for number in range(602)} - kept | {"often"}
    assert seen_items(state, NO_ROLES) == {str(number) for number in range(602)} | {"often"}
    await store.erase("1", 1.0, lasting=True)
    assert (await store.read("1")).state == UserState("1")


async def test_the_newest_past_items_are_remembered(store: StateStore) -> None:
    """200 events and 700 items before them; an item that came again is among the newest."""
    await store.append(views("1", 1_200))
    await store.append([viewed("1", "0", 1_199.5), *views("1", 200, 1_200)])
    assert (await store.read("1")).state.past_items == {"0", *(str(number) for number in range(501, 1_200))}


async def test_equal_times_keep_the_last_to_come(store: StateStore) -> None:
    await store.append([viewed("1", str(number), 5.0) for number in range(900)])
    assert await item_ids(store, "1") == [str(number) for number in range(700, 900)]


async def test_a_full_batch_over_many_users(store: StateStore) -> None:
    batch = [viewed(str(n % 300), str(n), float(n), f"e{n}") for n in range(1_000)]
    assert await store.append(batch) == [True] * 1_000
    assert await store.append(batch) == [False] * 1_000
    for user in (0, 99, 100, 299):
        assert await item_ids(store, str(user)) == [str(n) for n in range(user, 1_000, 300)]


async def test_a_full_batch_of_one_user_can_be_sent_again(store: StateStore) -> None:
    batch = [viewed("1", str(n), float(n), f"e{n}") for n in range(1_000)]
    assert await store.append(batch) == [True] * 1_000
    assert await store.append(batch) == [False] * 1_000
    assert await item_ids(store, "1") == [str(n) for n in range(800, 1_000)]


async def test_appends_at_once_lose_nothing(store: StateStore) -> None:
    batches = [[viewed("1", f"{batch}-{n}", float(n)) for n in range(3)] for batch in range(40)]
    await asyncio.gather(*(store.append(batch) for batch in batches))
    found = await item_ids(store, "1")
    assert sorted(found) == sorted(f"{batch}-{n}" for batch in range(40) for n in range(3))


async def test_a_bad_event_leaves_nothing_behind(store: StateStore) -> None:
    with pytest.raises(ValueError, match="finite"):
        await store.append([viewed("1", "a"), viewed("2", "b", math.nan)])
    assert await item_ids(store, "1") == []
    assert await store.read_stream() == []


async def test_the_stream_holds_all_that_an_event_came_with(store: StateStore) -> None:
    event = Event("589", "rate", 1763740801.1, 0.1, {"device": "mobile", "é": "\n"})
    given = [RecordedEvent("42", event, "e1", "r1", 0), viewed("7", "1"), viewed("42", "2", 3.0)]
    await store.append([given[0], given[2]])
    await store.append([given[1]])
    found = await store.read_stream()
    assert [entry.recorded for entry in found] == [given[0], given[2], given[1]]
    assert await store.read_stream(count=1) == found[:1]
    assert await store.read_stream(found[0].entry_id, count=1) == found[1:2]
    assert await store.read_stream(found[2].entry_id) == []


async def test_a_profile_is_replaced(store: StateStore) -> None:
    await store.put_profile(User("1", {"age": 30.0, "likes": ("a", "b")}, "dry comedies"))
    await store.put_profile(User("1", {"country": "DE"}))
    assert (await store.read("1")).state == UserState("1", User("1", {"country": "DE"}))


async def test_erasure_leaves_a_mark_and_nothing_else(store: StateStore) -> None:
    await store.append([*views("1", 3), *views("2", 2)])
    await store.put_profile(User("1"))
    assert await store.erase("1", 1763740800.125, lasting=False) == {"events": 3, "profile": 1, "stream": 3}
    assert await store.read("1") == StoredUser(UserState("1"), erased_at=1763740800.125)
    assert [entry.recorded.user_id for entry in await store.read_stream()] == ["2", "2"]
    assert await store.erase("1", 1763740801.0, lasting=False) == {"events": 0, "profile": 0, "stream": 0}
    assert (await store.read("2")).erased_at is None


async def test_events_after_an_erasure_count_again(store: StateStore) -> None:
    await store.append([viewed("1", "before", 1.0, "e")])
    await store.erase("1", 2.0, lasting=True)
    assert await store.append([viewed("1", "after", 3.0, "e")]) == [True]
    found = await store.read("1")
    assert [event.item_id for event in found.state.events] == ["after"]
    assert found.erased_at == 2.0
    assert len(await store.read_stream()) == 1


async def test_erasing_an_unknown_user(store: StateStore) -> None:
    assert await store.erase("nobody", 1.0, lasting=False) == {"events": 0, "profile": 0, "stream": 0}


async def test_erasure_looks_through_the_whole_stream(store: StateStore) -> None:
    for start in range(0, 2_500, 500):
        await store.append([viewed(str(n % 2), str(n), float(n)) for n in range(start, start + 500)])
    before = [entry.recorded.user_id for entry in await store.read_stream(count=5_000)]
    assert (await store.erase("1", 1.0, lasting=True))["stream"] == before.count("1") == 1_250
    after = await store.read_stream(count=5_000)
    assert [entry.recorded.user_id for entry in after] == ["0"] * before.count("0")


async def test_profiles_are_replaced_at_once(store: StateStore) -> None:
    await store.put_profile(User("1", {"age": 30.0}))
    await store.put_profiles([User("1", interests="a"), User("2", {"age": 2.0}), User("1", interests="b")])
    assert (await store.read("1")).state.profile == User("1", interests="b")
    assert (await store.read("2")).state.profile == User("2", {"age": 2.0})
    await store.put_profiles([])


async def test_the_events_are_read_with_what_they_came_with(store: StateStore) -> None:
    event = Event("589", "rate", 2.0, 0.1, {"device": "mobile", "é": "\n"})
    plain = viewed("42", "1", 1.0)
    await store.append([RecordedEvent("42", event, "e1", "r1", 7), plain])
    await store.put_profile(User("42", {"age": 30.0}))
    found = await store.export("42")
    assert found.recorded == (plain, RecordedEvent("42", event, None, "r1", 7))
    assert found.stored == await store.read("42")
    assert found.stored.state.events == (plain.event, replace(event, context={}))
    assert (found.event_ids, found.merged_from) == (1, ())
    assert await store.export("nobody") == UserExport(StoredUser(UserState("nobody")))


async def test_events_with_details_are_trimmed_like_others(store: StateStore) -> None:
    for start in range(0, 600, 50):
        batch = views("1", 50, start)
        await store.append([replace(recorded, recommendation_id="r", rank=1) for recorded in batch])
    state = (await store.read("1")).state
    assert [event.item_id for event in state.events] == [str(number) for number in range(400, 600)]
    assert state.past_items == {str(number) for number in range(400)}
    found = await store.export("1")
    assert {recorded.recommendation_id for recorded in found.recorded} == {"r"}
    assert found.stored.state == state and len(found.recorded) == 200


async def test_an_export_is_all_that_is_stored(store: StateStore) -> None:
    await store.append([viewed("anon", "a", 1.0, "e1"), *views("1", 900)])
    await store.merge(UserMerge("1", "anon", 9.0))
    await store.append([viewed("1", "late", 2_000.0, "e2")])
    found = await store.export("1")
    assert found.stored == await store.read("1") and len(found.stored.state.past_items) >= 600
    assert (found.merged_from, found.event_ids) == (("anon",), 2)
    assert (await store.export("anon")).stored.merged_into == "1"
    await store.erase("anon", 10.0, lasting=True)
    found = await store.export("1")
    assert found.merged_from == ()  # no id of an erased user is left
    assert (await store.export("anon")) == UserExport(StoredUser(UserState("anon"), erased_at=10.0))


async def test_an_id_with_another_content_is_a_conflict(store: StateStore) -> None:
    event = Event("a", "rate", 1.0, 4.0, {"device": "tv"})
    sent = RecordedEvent("1", event, "e1", "r1", 3)
    others = [
        replace(sent, event=replace(event, item_id="b")),
        replace(sent, event=replace(event, action="view")),
        replace(sent, event=replace(event, value=4.5)),
        replace(sent, event=replace(event, value=None)),
        replace(sent, event=replace(event, timestamp=1.5)),
        replace(sent, event=replace(event, context={})),
        replace(sent, recommendation_id=None),
        replace(sent, rank=4),
    ]
    assert await store.append([sent]) == [Appended.STORED]
    assert await store.append(others) == [Appended.CONFLICT] * len(others)
    assert await store.append([replace(sent, event_id="e2"), replace(others[0], event_id="e2"), sent]) == [
        Appended.STORED,
        Appended.CONFLICT,
        Appended.DUPLICATE,
    ]
    assert await item_ids(store, "1") == ["a", "a"] and len(await store.read_stream()) == 2


async def test_the_time_of_arrival_is_no_content(store: StateStore) -> None:
    sent = replace(viewed("1", "a", 1.0, "e1"), timed=False)
    again = replace(viewed("1", "a", 2.0, "e1"), timed=False)
    assert await store.append([sent, again]) == [Appended.STORED, Appended.DUPLICATE]
    assert await store.append([replace(again, timed=True)]) == [Appended.CONFLICT]
    assert await item_ids(store, "1") == ["a"]


async def test_an_event_older_than_the_erasure_is_refused(store: StateStore) -> None:
    old = viewed("1", "old", 9.5, "e1")
    await store.append([old])
    await store.erase("1", 10.0, lasting=False)
    batch = [old, viewed("1", "same", 10.0, "e2"), viewed("1", "older", 2.0), viewed("2", "other", 2.0)]
    expected = [Appended.ERASED, Appended.STORED, Appended.ERASED, Appended.STORED]
    assert await store.append(batch) == expected
    assert await item_ids(store, "1") == ["same"]
    assert [entry.recorded.event.item_id for entry in await store.read_stream()] == ["same", "other"]
    assert await store.append([viewed("1", "new", 11.0, "e1")]) == [Appended.STORED]  # its id was not kept


async def test_the_installation_key_is_the_first_one(store: StateStore) -> None:
    assert await store.installation_key(b"a" * 32) == b"a" * 32
    assert await store.installation_key(b"b" * 32) == b"a" * 32
