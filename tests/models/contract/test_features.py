"""Features by hand: what is said of an event, an item, a profile, a moment."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from models.contract.calendar import daypart, weekday
from models.contract.catalogue import Item, User
from models.contract.events import Codes, Event, column_events
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.features import (
    CLIP,
    DENSE_WIDTH,
    WINDOW,
    EventArrays,
    context_tokens,
    encode_context,
    encode_contexts,
    encode_events,
    encode_items,
    encode_profile,
    item_text,
    user_text,
)
from models.contract.vocabulary import OOV, PAD, Vocabulary


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


FIELDS = (
    FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
    FieldSpec(name="brand", kind=FieldKind.CATEGORICAL),
    FieldSpec(name="year", kind=FieldKind.NUMERIC, mean=2000.0, std=10.0),
    FieldSpec(name="title", kind=FieldKind.TEXT),
    FieldSpec(name="image", kind=FieldKind.VECTOR, size=2),
)


def item_spec() -> FeatureSpec:
    tokens = Vocabulary(tokens=("brand=x", "genres=Drama", "genres=War"))
    return spec(item_fields=FIELDS, item_tokens=tokens, text_size=2)


def test_items_by_hand():
    items = [
        Item("b", {"genres": ("War", "Drama"), "brand": "x", "year": 1985.0}, {"image": (3.0, 4.0)}),
        Item("z", {"genres": ("Opera",), "year": 9e9}),
        Item("a"),
    ]
    found = encode_items(item_spec(), items, np.array([[1, 0], [0, 1], [0, 0]], np.float32))
    assert found.ids.tolist() == [3, OOV, 2]
    assert found.tokens.tolist() == [[4, 3, 2], [OOV, PAD, PAD], [PAD, PAD, PAD]]
    assert found.numeric.tolist() == [[-1.5, 1.0], [CLIP, 1.0], [0.0, 0.0]]
    expected = [[1, 0, 0.6, 0.8], [0, 1, 0, 0], [0, 0, 0, 0]]  # text, then the image at length 1
    np.testing.assert_allclose(found.content, expected, rtol=1e-6)


def test_items_edges():
    none = encode_items(item_spec(), [])
    assert (none.ids.shape, none.tokens.shape, none.numeric.shape) == ((0,), (0, 1), (0, 2))
    assert none.content.shape == (0, 4)
    bare = encode_items(spec(), [Item("a", {"genres": ("War",)})])  # a field the job does not name
    assert (bare.tokens.tolist(), bare.numeric.shape, bare.content.shape) == ([[PAD]], (1, 0), (1, 0))
    zero = encode_items(item_spec(), [Item("a", {}, {"image": (0.0, 0.0)})])
    assert np.isfinite(zero.content).all()
    with pytest.raises(ValueError, match=r"expected 2 numbers for 'image', given 3"):
        encode_items(item_spec(), [Item("a", {}, {"image": (1.0, 2.0, 3.0)})])
    with pytest.raises(ValueError, match="expected text vectors"):
        encode_items(item_spec(), [Item("a")], np.zeros((2, 2), np.float32))


def test_one_item_is_encoded_as_among_others():
    items = [Item("a", {"genres": ("War",)}), Item("b", {"genres": ("War", "Drama"), "year": 1990.0})]
    together = encode_items(item_spec(), items)
    for number, item in enumerate(items):
        alone = encode_items(item_spec(), [item])
        assert together.tokens[number][together.tokens[number] != PAD].tolist() == alone.tokens[0].tolist()
        np.testing.assert_array_equal(together.numeric[number], alone.numeric[0])


def test_profile():
    fields = (
        FieldSpec(name="job", kind=FieldKind.CATEGORICAL),
        FieldSpec(name="age", kind=FieldKind.NUMERIC, mean=30.0, std=5.0),
        FieldSpec(name="about", kind=FieldKind.TEXT),
    )
    given = spec(user_fields=fields, user_tokens=Vocabulary(tokens=("job=cook",)))
    user = User("u", {"job": "cook", "age": 40.0, "about": "tall"}, interests="war films")
    assert encode_profile(given, user).tokens.tolist() == [2]
    assert encode_profile(given, user).numeric.tolist() == [2.0, 1.0]
    assert encode_profile(given, None).tokens.tolist() == [PAD]
    assert encode_profile(given, None).numeric.tolist() == [0.0, 0.0]
    assert encode_profile(given, User("u", {"job": "spy", "age": math.nan})).numeric.tolist() == [0.0, 0.0]
    assert user_text(given, user) == "war films. tall"
    assert user_text(given, None) == ""


def test_item_text_is_texts_then_categories():
    item = Item("a", {"title": "Alien", "genres": ("Sci-Fi", "Horror"), "brand": "x"})
    assert item_text(item_spec(), item) == "Alien. Sci-Fi, Horror"
    assert item_text(item_spec(), Item("a")) == ""


@pytest.mark.parametrize(
    ("timestamp", "part", "day"),
    [
        (0, "night", "thursday"),  # 1970-01-01
        (6 * 3600 - 1, "night", "thursday"),
        (6 * 3600, "morning", "thursday"),
        (18 * 3600, "evening", "thursday"),
        (86_399.9, "evening", "thursday"),
        (86_400, "night", "friday"),
        (1_700_000_000, "evening", "tuesday"),  # 2023-11-14 22:13:20
        (-1, "evening", "wednesday"),
    ],
)
def test_parts_of_the_day_and_week(timestamp: float, part: str, day: str):
    assert (daypart(timestamp), weekday(timestamp)) == (part, day)


def test_context():
    tokens = Vocabulary(tokens=("daypart=night", "weekday=thursday", "device=phone"))
    given = spec(context_fields=("device", "place"), context_tokens=tokens)
    assert context_tokens(given, {"device": "phone", "odd": "x"}, 0.0) == (
        "daypart=night",
        "weekday=thursday",
        "device=phone",
    )
    assert encode_context(given, {"device": "phone"}, 0.0).tolist() == [2, 3, 4, PAD]
    assert encode_context(given, {"place": "home"}, None).tolist() == [OOV, PAD, PAD, PAD]
    untimed = given.model_copy(update={"timed": False})
    assert encode_context(untimed, {"device": "phone"}, 0.0).tolist() == [4, PAD, PAD, PAD]


def test_contexts_of_many_moments_are_those_of_each():
    """Empty cells leave no gap, whatever the column they are in."""
    random = np.random.default_rng(5)
    tokens = ("daypart=night", "daypart=evening", "weekday=monday", "device=phone", "device=tv", "place=home")
    labels = {"device": ("desk", "phone", "tv"), "place": ("home", "work"), "unused": ("x",)}
    codes = {
        name: Codes(names, random.integers(-1, len(names), 50).astype(np.int32))
        for name, names in labels.items()
    }
    times = random.integers(0, 20 * 86_400, 50).astype(np.float64)
    for timed in (True, False):
        given = spec(
            timed=timed, context_fields=("device", "place"), context_tokens=Vocabulary(tokens=tokens)
        )
        many = encode_contexts(given, codes, times, 50)
        for row, moment in enumerate(times.tolist()):
            context = {
                name: names[column[row]] for name, (names, column) in codes.items() if column[row] >= 0
            }
            expected = given.context_tokens.encode(context_tokens(given, context, moment)).tolist()
            assert many[row].tolist() == expected + [PAD] * (4 - len(expected))
            assert encode_context(given, context, moment).tolist() == many[row].tolist()


def test_a_users_numbers_do_not_hang_on_other_users():
    """Not even by rounding: values that floats add inexactly, next to users with far larger ones."""
    random = np.random.default_rng(6)
    own = [Event("a", "rate", float(step), float(random.random())) for step in range(250)]
    other = [Event("a", "rate", float(step), 1e15 + float(random.random())) for step in range(180)]
    given = spec(value_range=(0.0, 2e15))
    alone = encode_events(given, column_events([own], lambda _: 0)).dense
    among = encode_events(given, column_events([other, own, other], lambda _: 0)).dense
    np.testing.assert_array_equal(among[180:430], alone)


def test_the_digest_knows_every_part():
    changes = [
        {"timed": False},
        {"history_length": 4},
        {"item_ids": Vocabulary(tokens=("b", "a"))},
        {"item_fields": FIELDS},
        {"value_mean": 3.1},
        {"text_size": 1},
    ]
    digests = {spec(**change).digest() for change in [{}, *changes]}
    assert len(digests) == len(changes) + 1
    assert FeatureSpec.model_validate_json(item_spec().model_dump_json()).digest() == item_spec().digest()


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
