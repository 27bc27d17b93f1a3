"""Words by hand: how texts are split, and the cosines of their rarer words."""

import math

import numpy as np
import pytest

from models.contract.words import index_words, measure_cosines, split_words


def test_words_are_of_two_letters_and_lower_case() -> None:
    assert split_words("A Blue pen, 12 PACK!") == ["blue", "pen", "12", "pack"]


def test_where_no_spaces_part_words_pairs_of_characters_do() -> None:
    assert split_words("科幻电影 film") == ["科幻", "幻电", "电影", "film"]


def test_a_cosine_counts_rare_words_more() -> None:
    """Of two texts "pen" is in both, "blue" in one: rarities 1 and log(3/2) + 1."""
    index = index_words(["blue pen", "pen"])
    blue = math.log(3 / 2) + 1
    assert measure_cosines(index, "blue pen").tolist() == pytest.approx([1, 1 / math.hypot(blue, 1)])
    assert measure_cosines(index, "pen").tolist() == pytest.approx([1 / math.hypot(blue, 1), 1])
    twice = 1 + math.log(2)  # a repeated word counts 1 + log 2, not 2
    expected = (blue * twice * blue + 1) / (math.hypot(blue * twice, 1) * math.hypot(blue, 1))
    assert measure_cosines(index, "blue blue pen")[0] == pytest.approx(expected)


def test_an_unknown_word_makes_a_text_less_like_all() -> None:
    index = index_words(["pen"])
    assert measure_cosines(index, "pen zebra")[0] == pytest.approx(1 / math.hypot(1, math.log(2) + 1))


@pytest.mark.parametrize("text", ["", "!", "zebra"])
def test_a_text_without_known_words_is_like_none(text: str) -> None:
    assert not measure_cosines(index_words(["pen", "blue pen"]), text).any()
    assert measure_cosines(index_words([]), text).shape == (0,)


def test_each_text_is_nearest_to_itself() -> None:
    words = np.random.default_rng(0).integers(100, size=(20, 8))
    texts = [" ".join(f"w{word}" for word in row) for row in words.tolist()]
    index = index_words([*texts, ""])
    cosines = np.stack([measure_cosines(index, text) for text in texts])
    assert (cosines.argmax(axis=1) == np.arange(20)).all()
    assert np.diag(cosines) == pytest.approx(np.ones(20), abs=1e-6)
    assert not cosines[:, -1].any() and (cosines <= 1 + 1e-6).all()
