"""The contract of every store when two users are merged."""

import asyncio

import pytest

from app.state.protocol import Appended, RecordedEvent, StateStore, StoredUser, UserMerge
from models.contract.catalogue import User, UserState
from models.contract.events import Event
from models.contract.roles import NO_ROLES, seen_items
from models.contract.unix_time import NO_TIME


def viewed(user_id: str, item_id: str, timestamp: float, event_id: str | None = None) -> RecordedEvent:
    return RecordedEvent(user_id, Event(item_id, "view", timestamp), event_id)


async def items(store: StateStore, user_id: str) -> list[str]:
    return [event.item_id for event in (await store.read(user_id)).state.events]


async def test_events_move_in_the_order_of_time_and_retries_under_either_id_are_duplicates(
    store: StateStore,
) -> None:
    anonymous = [viewed("anon", "b", 2.0, "e2"), viewed("anon", "d", 4.0, "e4")]
    await store.append(anonymous)
    await store.append([viewed("42", "a", 1.0, "e1"), viewed("42", "c", 3.0, "e3")])
    moved = await store.merge(UserMerge("42", "anon", 9.0))
    assert moved == {"events": 2, "past_items": 0, "profile": 0}
    assert await items(store, "42") == ["a", "b", "c", "d"]
    old = await store.read("anon")
    assert (old.state, old.merged_into) == (UserState("anon"), "42")
    assert await store.append(anonymous) == [False, False]
    assert await store.append([viewed("42", "b", 2.0, "e2"), viewed("42", "d", 4.0, "e4")]) == [False] * 2
    either = [
        viewed(user, item, time, f"e{time:.0f}")
        for user in ("42", "anon")
        for item, time in (("a", 1.0), ("c", 3.0))
    ]
    assert await store.append(either) == [False] * 4
    assert await items(store, "42") == ["a", "b", "c", "d"] and await items(store, "anon") == []


async def test_a_second_merge_moves_only_what_is_new(store: StateStore) -> None:
    await store.append([viewed("anon", "a", 1.0, "e1")])
    merge = UserMerge("42", "anon", 9.0)
    await store.merge(merge)
    nothing = {"events": 0, "past_items": 0, "profile": 0}
    assert await store.merge(merge) == nothing
    assert await store.append([viewed("anon", "b", 2.0, "e2")]) == [True]
    assert await store.merge(merge) == {**nothing, "events": 1}
    assert await items(store, "42") == ["a", "b"]
    assert (await store.read("anon")).merged_into == "42"


async def test_an_event_of_both_stays_once(store: StateStore) -> None:
    await store.append([viewed("42", "a", 1.0, "e1"), viewed("42", "b", 2.0)])
    detailed = RecordedEvent("anon", Event("a", "view", 1.0, context={"device": "x"}), "e1", "r", 1)
    await store.append([detailed, viewed("anon", "b", 3.0), viewed("anon", "b", 3.0)])
    assert (await store.merge(UserMerge("42", "anon", 9.0)))["events"] == 2
    assert await items(store, "42") == ["a", "b", "b", "b"]


async def test_the_profile_of_the_target_wins_and_is_filled(store: StateStore) -> None:
    await store.put_profile(User("42", {"age": 30.0}, ""))
    await store.put_profile(User("anon", {"age": 20.0, "likes": (), "country": "DE"}, "dry comedies"))
    assert (await store.merge(UserMerge("42", "anon", 9.0)))["profile"] == 1
    joined = User("42", {"age": 30.0, "likes": (), "country": "DE"}, "dry comedies")
    assert (await store.read("42")).state.profile == joined
    assert (await store.read("anon")).state.profile is None


async def test_an_unknown_or_erased_source_leaves_nothing_behind(store: StateStore) -> None:
    nothing = {"events": 0, "past_items": 0, "profile": 0}
    assert await store.merge(UserMerge("42", "nobody", 9.0)) == nothing
    assert await store.read("nobody") == StoredUser(UserState("nobody"))
    await store.append([viewed("anon", "a", 1.0)])
    await store.erase("anon", 2.0, lasting=True)
    assert await store.merge(UserMerge("42", "anon", 9.0)) == nothing
    assert await items(store, "42") == []
    assert await store.read("anon") == StoredUser(UserState("anon"), erased_at=2.0)


async def test_earlier_events_without_a_time_move_in_their_order_before_all_others(store: StateStore) -> None:
    await store.append([viewed("42", "a", 1.0)])
    past = tuple(Event(item, "view", NO_TIME) for item in ("c", "b", "c"))
    moved = await store.merge(UserMerge("42", "anon", 9.0, UserState("anon", None, past)))
    assert moved["events"] == 3
    assert (await store.read("42")).state.events == (*past, Event("a", "view", 1.0))


async def test_what_the_bundle_knows_moves_unless_it_was_erased(store: StateStore) -> None:
    trained = UserState("anon", User("anon", {"age": 20.0}), (Event("a", "rate", 1.0, 4.0),))
    merge = UserMerge("42", "anon", 9.0, trained, User("42", {"country": "DE"}))
    assert await store.merge(merge) == {"events": 1, "past_items": 0, "profile": 1}
    assert (await store.read("42")).state == UserState(
        "42", User("42", {"age": 20.0, "country": "DE"}), (Event("a", "rate", 1.0, 4.0),)
    )
    old = await store.read("anon")
    assert (old.erased_at, old.moved_at, old.keeps_bundle_history) == (None, 9.0, False)
    assert await store.append([viewed("anon", "late", 2.0)]) == [True]  # moved is not erased
    assert (await store.merge(merge))["events"] == 1
    assert await store.merge(merge) == {"events": 0, "past_items": 0, "profile": 0}
    await store.erase("43", 9.5, lasting=True)
    await store.merge(UserMerge("43", "anon", 9.9, trained, User("43")))
    assert await items(store, "43") == []


async def test_merged_histories_are_trimmed_and_their_items_remembered(store: StateStore) -> None:
    for user, start in (("42", 0), ("anon", 1_000)):
        for first in range(start, start + 400, 50):
            await store.append([viewed(user, str(n), float(n)) for n in range(first, first + 50)])
    await store.merge(UserMerge("42", "anon", 9.0))
    state = (await store.read("42")).state
    assert [event.item_id for event in state.events] == [str(n) for n in range(1_200, 1_400)]
    assert seen_items(state, NO_ROLES) >= {str(n) for n in (*range(200, 400), *range(1_000, 1_400))}
    assert len(state.past_items) <= 700


async def test_an_erasure_finds_what_came_under_the_old_id(store: StateStore) -> None:
    await store.append([viewed("anon", "a", 1.0), viewed("43", "b", 1.0)])
    await store.merge(UserMerge("41", "anon", 8.0))
    await store.merge(UserMerge("42", "41", 9.0))
    assert await store.erase("42", 10.0, lasting=True) == {"events": 1, "profile": 0, "stream": 1}
    assert [entry.recorded.user_id for entry in await store.read_stream()] == ["43"]
    assert (await store.read("anon")).merged_into is None


async def test_back_and_forth(store: StateStore) -> None:
    await store.append([viewed("a", "1", 1.0), viewed("b", "2", 2.0)])
    await store.merge(UserMerge("b", "a", 8.0))
    await store.merge(UserMerge("a", "b", 9.0))
    assert await items(store, "a") == ["1", "2"] and await items(store, "b") == []
    assert (await store.read("a")).merged_into is None and (await store.read("b")).merged_into == "a"


@pytest.mark.parametrize("first", ["merge", "append"])
async def test_merges_and_appends_at_once_lose_nothing(store: StateStore, first: str) -> None:
    await store.append([viewed("anon", f"x{n}", float(n)) for n in range(50)])
    appends = [store.append([viewed("42", f"y{n}", float(n))]) for n in range(20)]
    work = [store.merge(UserMerge("42", "anon", 9.0)), *appends]
    await asyncio.gather(*(work if first == "merge" else reversed(work)))
    assert sorted(await items(store, "42")) == sorted(
        [f"x{n}" for n in range(50)] + [f"y{n}" for n in range(20)]
    )


async def test_an_erasure_holds_against_a_merge(store: StateStore) -> None:
    """Of an id that is merged into an erased user only newer events move, and no items whose time is not known."""
    for start in range(0, 400, 50):
        await store.append([viewed("anon", str(n), float(n)) for n in range(start, start + 50)])
    await store.erase("42", 390.0, lasting=True)
    await store.append([viewed("42", "mine", 500.0)])
    trained = UserState("anon", None, (Event("x", "view", 100.0), Event("y", "view", 395.0)))
    moved = await store.merge(UserMerge("42", "anon", 600.0, trained))
    assert moved == {"events": 11, "past_items": 0, "profile": 0}
    found = await store.read("42")
    assert [event.item_id for event in found.state.events] == [
        *(str(n) for n in range(390, 396)),
        "y",
        *(str(n) for n in range(396, 400)),
        "mine",
    ]
    assert found.state.past_items == frozenset() and found.erased_at == 390.0


async def test_an_erasure_reaches_late_events_of_the_old_ids(store: StateStore) -> None:
    await store.append([viewed("anon", "a", 1.0, "e1")])
    await store.merge(UserMerge("42", "anon", 9.0))
    await store.erase("42", 10.0, lasting=True)
    late = [viewed("anon", "a", 1.0, "e1"), viewed("anon", "b", 11.0, "e2")]
    assert await store.append(late) == [Appended.ERASED, Appended.STORED]
    assert (await store.read("anon")).erased_at == 10.0
