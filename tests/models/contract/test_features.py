"""Features of items, profiles and contexts by hand."""

import math

import numpy as np
import pytest

from models.contract.calendar import daypart, weekday
from models.contract.catalogue import Item, User
from models.contract.events import Codes
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.features import (
    CLIP,
    context_tokens,
    encode_context,
    encode_contexts,
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


def test_a_template_writes_the_item_and_no_template_is_as_before():
    item = Item("b", {"genres": ("War", "Drama"), "brand": "x", "year": 1985.0, "title": "Das Boot"})
    assert item_text(item_spec(), item) == "Das Boot. War, Drama"
    with_template = item_spec().model_copy(update={"item_template": "{year}: {title}, {brand} / {genres}"})
    assert item_text(with_template, item) == "1985: Das Boot, x / War, Drama"
    assert item_text(with_template, Item("c", {"title": "Heat"})) == "Heat"


def test_a_template_writes_the_user_and_stated_interests_are_never_lost():
    fields = (FieldSpec(name="job", kind=FieldKind.CATEGORICAL), FieldSpec(name="bio", kind=FieldKind.TEXT))
    user = User("u", {"job": "farmer", "bio": "I sail"}, "old films")
    plain = spec(user_fields=fields)
    assert user_text(plain, user) == "old films. I sail"
    named = plain.model_copy(update={"user_template": "A {job}. {bio}. Likes {interests}"})
    assert user_text(named, user) == "A farmer. I sail. Likes old films"
    unnamed = plain.model_copy(update={"user_template": "A {job}. {bio}"})
    assert user_text(unnamed, user) == "old films. A farmer. I sail"
    assert user_text(unnamed, User("u", {}, "old films")) == "old films"
    assert user_text(unnamed, None) == ""


def test_a_specification_without_templates_has_the_digest_from_before_there_were_any():
    assert "template" not in item_spec().model_dump_json()
    assert spec(item_template="{a}").digest() != spec().digest()
