"""Features of events by hand, and their independence of later events and of other users."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from models.contract.action_rates import TAKEN
from models.contract.event_features import DENSE_WIDTH, WINDOW, EventArrays, encode_events
from models.contract.events import Event, column_events
from models.contract.feature_spec import FeatureSpec
from models.contract.features import CLIP
from models.contract.unix_time import NO_TIME
from models.contract.vocabulary import OOV, Vocabulary


def spec(**changes) -> FeatureSpec:
    """Values 1..5 with mean 3 and deviation 2."""
    return FeatureSpec(
        timed=True,
        history_length=3,
        item_ids=Vocabulary(tokens=("a", "b")),
        actions=Vocabulary(tokens=("like", "rate")),
        value_range=(1.0, 5.0),
        value_mean=3.0,
        value_std=2.0,
    ).model_copy(update=changes)


def encode(given: FeatureSpec, events: Sequence[Event]) -> EventArrays:
    """One user's events."""
    return encode_events(given, column_events([events], lambda _: 0))


def test_events_by_hand():
    events = [Event("a", "rate", 100.0, 5.0), Event("x", "view", 100.0), Event("b", "rate", 1100.0, 2.0)]
    found = encode(spec(), events)
    assert found.actions.tolist() == [3, OOV, 3]
    expected = [  # value, has a value, log gap, running mean shrunk by three, log count
        [1.0, 1.0, 0.0, 1.0 / 4, math.log(2) / 5],
        [0.0, 0.0, 0.0, 1.0 / 4, math.log(3) / 5],
        [-0.5, 1.0, math.log(1001) / 10, 0.5 / 5, math.log(4) / 5],
    ]
    np.testing.assert_allclose(found.dense, expected, rtol=1e-6)
    assert found.dense.dtype == np.float32


def test_no_gap_is_known_around_events_without_a_time():
    """The gaps are those of a first event, and of the events after the first timed one."""
    events = [Event("a", "rate", NO_TIME), Event("b", "rate", NO_TIME), Event("a", "rate", 100.0)]
    found = encode(spec(), [*events, Event("b", "rate", 1100.0)])
    np.testing.assert_allclose(found.dense[:, 2], [0, 0, 0, math.log(1001) / 10], rtol=1e-6)
    np.testing.assert_allclose(found.dense[:, 4], np.log(np.arange(2, 6)) / 5, rtol=1e-6)


def test_no_events():
    found = encode(spec(), [])
    assert found.actions.shape == (0,)
    assert found.dense.shape == (0, DENSE_WIDTH)


def test_an_event_knows_nothing_later():
    events = [Event("a", "rate", 10.0 * t, float(1 + t % 5)) for t in range(8)]
    whole = encode(spec(), events).dense
    for stop in range(1, 9):
        np.testing.assert_array_equal(encode(spec(), events[:stop]).dense, whole[:stop])


@pytest.mark.parametrize(
    ("event", "value"),
    [
        (Event("a", "like", 0.0), 1.0),
        (Event("a", "dislike", 0.0), -1.0),
        (Event("a", "dislike", 0.0, 5.0), 1.0),  # a value that is given counts
        (Event("a", "rate", 0.0, 1e9), CLIP),
        (Event("a", "rate", 0.0, -1e9), -CLIP),
    ],
)
def test_what_an_event_says(event: Event, value: float):
    assert encode(spec(), [event]).dense[0, :2].tolist() == [value, 1.0]


def test_without_values_a_like_says_nothing():
    dense = encode(spec(value_range=None), [Event("a", "like", 0.0)]).dense
    assert dense[0, [0, 1, 3]].tolist() == [0.0, 0.0, 0.0]


def test_running_numbers_reach_back_a_window():
    events = [Event("a", "rate", 0.0, 5.0)] * 10 + [Event("a", "rate", 0.0, 1.0)] * WINDOW
    last = encode(spec(), events).dense[-1]
    assert last[3] == pytest.approx(-WINDOW / (WINDOW + 3))  # the tens of fives are out of it
    assert last[4] == pytest.approx(math.log1p(WINDOW) / 5)


def test_gaps_are_none_without_times_and_never_negative():
    events = [Event("a", "rate", 50.0), Event("a", "rate", 10.0), Event("a", "rate", 1010.0)]
    assert encode(spec(timed=False), events).dense[:, 2].tolist() == [0.0, 0.0, 0.0]
    assert encode(spec(), events).dense[:, 2] == pytest.approx([0, 0, math.log(1001) / 10])


def test_a_users_numbers_do_not_hang_on_other_users():
    """Not even by rounding: values that floats add inexactly, next to users with far larger ones."""
    random = np.random.default_rng(6)
    own = [Event("a", "rate", float(step), float(random.random())) for step in range(250)]
    other = [Event("a", "rate", float(step), 1e15 + float(random.random())) for step in range(180)]
    given = spec(value_range=(0.0, 2e15))
    alone = encode_events(given, column_events([own], lambda _: 0)).dense
    among = encode_events(given, column_events([other, own, other], lambda _: 0)).dense
    np.testing.assert_array_equal(among[180:430], alone)


@pytest.mark.parametrize("timed", [True, False])
def test_columns_say_what_a_history_alone_says(timed: bool) -> None:
    random = np.random.default_rng(3)
    names = ("rate", "like", "dislike", "view")
    spec = FeatureSpec(
        timed=timed,
        history_length=1000,
        item_ids=Vocabulary(),
        actions=Vocabulary(tokens=("like", "rate")),
        value_range=(1.0, 5.0),
        value_mean=3.0,
        value_std=1.5,
    )
    users = [
        tuple(
            Event(
                f"i{step}",
                names[random.integers(4)],
                float(100 * step + random.integers(50)),
                float(random.integers(1, 6)) if random.random() < 0.6 else None,
            )
            for step in range(length)
        )
        for length in (0, 3, 1, 450, 0, 201)
    ]
    columns = column_events(users, lambda item_id: -1 if item_id == "i2" else int(item_id[1:]))
    found = encode_events(spec, columns)
    alone = [encode(spec, events) for events in users]
    assert np.array_equal(found.actions, np.concatenate([one.actions for one in alone]))
    assert np.array_equal(found.dense, np.concatenate([one.dense for one in alone]))
    assert columns.items[:3].tolist() == [0, 1, -1]


def test_rates_of_actions_by_hand():
    """Shares .4 and .1; after an impression, a view and a like: 2 of 3 taken, 1 of 3 liked, as if of 13 events."""
    given = spec(
        action_rates={TAKEN: 0.4, "like": 0.1}, actions=Vocabulary(tokens=("impression", "like", "view"))
    )
    events = [Event("a", "view", NO_TIME), Event("a", "impression", 1.0), Event("b", "view", 2.0)]
    found = encode(given, [*events, Event("a", "like", 3.0)]).dense[:, DENSE_WIDTH:]
    expected = [
        [odds(share) - odds(0.4), odds(liked) - odds(0.1)]
        for share, liked in [(0.4, 0.1), (4 / 11, 1 / 11), (5 / 12, 1 / 12), (6 / 13, 2 / 13)]
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def odds(share: float) -> float:
    return math.log(share / (1 - share))
