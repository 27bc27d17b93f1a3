"""What texts add to the items, by hand."""

import numpy as np
import pytest

from models.language.protocol import Floats
from models.language.text_preference import (
    INTERESTS_GAIN,
    QUERY_GAIN,
    UNWANTED_GAIN,
    WORDS_SHARE,
    ItemTexts,
    ProfileWords,
    TextPreference,
    preference_logits,
    read_preferences,
    read_text,
)

VECTORS = {
    "space": (1, 0),
    "space, no war": (1, 0),
    "war": (0, 1),
    "no mercy": (0.6, 0.8),
    "mercy": (0.6, 0.8),
    "bio. space": (0.8, 0.6),
}
NOTHING = ProfileWords("", "")


def floats(*numbers: float) -> Floats:
    return np.array(numbers, dtype=np.float32)


def encode(text: str) -> Floats | None:
    return floats(*VECTORS[text]) if text else None


ITEMS = ItemTexts(
    np.stack([floats(1, 0), floats(0.6, 0.8), floats(0, 1), floats(0, 0)]),
    lambda row: [("Rocket", "No Mercy (1986)", "Trenches", "")[row]],
)


def test_a_preference_is_measured_in_deviations_among_the_items_with_a_text() -> None:
    """Cosines 0.5 and 0.1 of the items with a text: a mean of 0.3, a deviation of 0.2; the third has none."""
    items = np.stack([floats(0.5, 0), floats(0.1, 0), floats(0, 0)])
    made = TextPreference.of("x", floats(1, 0), items)
    assert made.standard[:].tolist() == pytest.approx([1, -1, -1.5])
    assert TextPreference.of("x", floats(1, 0), items[2:]).standard[:].tolist() == [0]


def test_wanted_texts_add_and_unwanted_texts_take_past_half_a_deviation() -> None:
    wanted = TextPreference("a", floats(1), floats(1, 0, -1))
    unwanted = TextPreference("b", floats(1), floats(2, 0.5, -3))
    logits = preference_logits(wanted, wanted, (unwanted,))
    assert logits is not None
    expected = [QUERY_GAIN + INTERESTS_GAIN - 1.5 * UNWANTED_GAIN, 0, -QUERY_GAIN - INTERESTS_GAIN]
    assert logits[:].tolist() == pytest.approx(expected)
    assert preference_logits(None, None, ()) is None


def test_a_negation_splits_a_text_unless_it_is_a_title() -> None:
    wanted, unwanted = read_text("space, no war", encode, ITEMS)
    assert wanted is not None and unwanted is not None
    assert (wanted.words, unwanted.words) == ("space", "war")
    title, nothing = read_text("no mercy", encode, ITEMS)
    assert title is not None and title.words == "no mercy" and nothing is None
    bare = ItemTexts(np.zeros((0, 2), dtype=np.float32), lambda _row: [])
    assert [part and part.words for part in read_text("no mercy", encode, bare)] == [None, "mercy"]
    assert read_text("", encode, ITEMS) == (None, None)
    assert read_text("space, no war", lambda _text: None, ITEMS) == (None, None)


def test_the_profile_text_reaches_the_tower_and_is_encoded_once() -> None:
    seen: list[str] = []

    def counted(text: str) -> Floats | None:
        seen.append(text)
        return encode(text)

    texts = read_preferences("", ProfileWords("space", "space"), counted, ITEMS, 2)
    assert texts.profile.tolist() == [1, 0] and seen.count("space") == 1
    assert texts.interests is not None and texts.text is not None and texts.text.tolist() == [1, 0]
    other = read_preferences("war", ProfileWords("space", "bio. space"), encode, ITEMS, 2)
    assert other.profile.tolist() == pytest.approx([0.8, 0.6])
    assert other.text is not None and other.text.tolist() == [0, 1]  # the query's, not the interests'
    assert read_preferences("", NOTHING, encode, ITEMS, 2).profile.tolist() == [0, 0]


def test_popularity_returns_as_a_user_becomes_known() -> None:
    stated = read_preferences("", ProfileWords("space", "space"), encode, ITEMS, 2)
    shares = [stated.popularity_share(events) for events in (0, 1, 5, 9)]
    assert shares == pytest.approx([WORDS_SHARE, WORDS_SHARE + (1 - WORDS_SHARE) / 5, 1, 1])
    asked = read_preferences("war", NOTHING, encode, ITEMS, 2)
    assert {asked.popularity_share(events) for events in (0, 9)} == {WORDS_SHARE}
    assert read_preferences("", NOTHING, encode, ITEMS, 2).popularity_share(0) == 1
