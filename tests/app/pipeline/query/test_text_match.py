"""What counts as asked for: what stands out of the catalogue, or has every word of it."""

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.query.text_match import item_words, match_items, unwanted_rows, words
from models.contract.catalogue import Item
from models.language.text_preference import TextPreference

ROWS = np.arange(4)
X = np.array([1, 0], dtype=np.float32)


def catalogue_of(make_catalogue, cosines):
    text = np.array([[cosine, np.sqrt(1 - cosine**2)] for cosine in cosines], dtype=np.float32)
    return make_catalogue(
        [Item(str(row), {"title": f"Film {row}"}) for row in range(len(text))], 2, text=text
    )


def test_near_is_three_deviations_above_the_mean_and_0_3(make_catalogue):
    """About half at 0.1 and half at 0.2: a mean of 0.15 and a deviation of 0.05, so that near begins at 0.3."""
    catalogue = catalogue_of(make_catalogue, [0.5, 0.31, 0.299, 0.25, *[0.1, 0.2] * 5000])
    cosine, near = match_items(catalogue, ROWS, TextPreference.of("", X, catalogue.text))
    assert cosine == pytest.approx([0.5, 0.31, 0.299, 0.25])
    assert near.tolist() == [True, True, False, False]


def test_what_merely_stands_out_is_not_near(make_catalogue):
    """Three deviations above the mean is 0.02, and 0.3 is needed."""
    catalogue = catalogue_of(make_catalogue, [0.31, 0.29, 0.2, 0.1, *[0.001] * 10_000])
    assert match_items(catalogue, ROWS, TextPreference.of("", X, catalogue.text))[1].tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_every_word_of_the_text_will_do_above_the_mean(make_catalogue):
    catalogue = catalogue_of(make_catalogue, [0.28, 0.28, 0.1, 0.28, *[0.2] * 20])
    assert match_items(catalogue, ROWS, TextPreference.of("FILM 1!", X, catalogue.text))[1].tolist() == [
        False,
        True,
        False,
        False,
    ]
    assert (
        match_items(catalogue, ROWS, TextPreference.of("film 2", X, catalogue.text))[1].tolist()
        == [False] * 4
    )
    assert match_items(catalogue, ROWS, TextPreference.of("?!", X, catalogue.text))[1].tolist() == [False] * 4


def test_where_no_item_has_a_text_nothing_is_near(make_catalogue):
    catalogue = make_catalogue(4, 2, text=np.zeros((4, 2), dtype=np.float32))
    assert match_items(catalogue, ROWS, TextPreference.of("", X, catalogue.text))[1].tolist() == [False] * 4


def test_what_is_turned_down_is_half_a_deviation_above_the_mean(make_catalogue):
    """A mean of 0.15 and a deviation of 0.05: above 0.175."""
    catalogue = catalogue_of(make_catalogue, [0.5, 0.18, 0.17, -0.2, *[0.1, 0.2] * 5000])
    preference = TextPreference.of("", X, catalogue.text)
    assert unwanted_rows(ROWS, [preference]).tolist() == [True, True, False, False]
    assert unwanted_rows(ROWS, [preference, TextPreference.of("", -X, catalogue.text)]).tolist() == [
        True,
        True,
        False,
        True,
    ]
    assert unwanted_rows(ROWS, []).tolist() == [False] * 4


def test_items_without_a_text_do_not_lower_the_bar(make_catalogue):
    """A mean of 0.3 and a deviation of 0.05: near begins at 0.45. Were the 5,000 others counted, at 0.39."""
    catalogue = catalogue_of(make_catalogue, [0.5, 0.4, 0.38, 0.3, *[0.25, 0.35] * 500])
    catalogue = make_catalogue(
        6004, 2, text=np.concatenate([catalogue.text, np.zeros((5000, 2), np.float32)])
    )
    assert match_items(catalogue, ROWS, TextPreference.of("", X, catalogue.text))[1].tolist() == [
        True,
        False,
        False,
        False,
    ]


def test_words_are_those_of_texts_and_categories():
    item = Item("1", {"title": "The Kiss, 2", "genres": ("Film-Noir", "War"), "year": 1990.0})
    assert item_words(item) == {"the", "kiss", "2", "film", "noir", "war"}
    assert words(" Straße—und ") == {"strasse", "und"}


@pytest.mark.parametrize(
    ("query", "genre"),
    [
        ("robots", "space"),
        ("romance", "romance"),
        ("wild animals", "animals"),
        ("crime", "crime"),
        ("detective at night", "crime"),
    ],
)
def test_of_the_shop_only_the_genre_asked_for_is_near(learnt: LoadedBundle, query: str, genre: str) -> None:
    vector = learnt.encode_text(query)
    assert vector is not None
    _, near = match_items(
        learnt.catalogue, np.arange(80), TextPreference.of(query, vector, learnt.catalogue.text)
    )
    assert near.any()
    assert {learnt.catalogue.labels[row] for row in np.flatnonzero(near).tolist()} == {frozenset({genre})}


@pytest.mark.parametrize("query", ["asdfgh qwerty", "tax law of Liechtenstein"])
def test_what_the_shop_has_not_is_near_to_nothing(learnt: LoadedBundle, query: str) -> None:
    vector = learnt.encode_text(query)
    assert vector is not None
    assert not match_items(
        learnt.catalogue, np.arange(80), TextPreference.of(query, vector, learnt.catalogue.text)
    )[1].any()
