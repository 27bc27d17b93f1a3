"""A user's state from the bundle and the store."""

from app.user_history import join_states, merge_events
from models.contract.catalogue import User, UserState
from models.contract.events import Event


def test_histories_are_merged_in_order_and_without_doubles() -> None:
    """Values are kept as float32 in a bundle: 3.7 there is the store's 3.7."""
    single = 3.700000047683716
    trained = UserState("u", events=(Event("a", "rate", 1.0, single), Event("b", "view", 3.0)))
    stored = UserState(
        "u", events=(Event("a", "rate", 1.0, 3.7), Event("c", "view", 2.0), Event("b", "like", 3.0))
    )
    both = merge_events(trained, stored)
    assert [(event.item_id, event.action) for event in both] == [
        ("a", "rate"),
        ("c", "view"),
        ("b", "view"),
        ("b", "like"),
    ]
    nothing = UserState("u")
    assert merge_events(trained, nothing) == trained.events and merge_events(nothing, stored) == stored.events


def test_the_stored_profile_stands_before_the_trained_one() -> None:
    trained = UserState("u", User("u", {"job": "artist"}), (Event("a", "view", 1.0),))
    stored = UserState("u", User("u", {"job": "farmer"}), (Event("b", "view", 2.0),), frozenset({"old"}))
    both = join_states(trained, stored)
    assert both.profile == stored.profile and both.past_items == {"old"}
    assert [event.item_id for event in both.events] == ["a", "b"]
    assert join_states(trained, UserState("u")).profile == trained.profile
