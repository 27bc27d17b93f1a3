"""Tokens and their indices."""

import pytest
from pydantic import ValidationError

from models.contract.vocabulary import OOV, PAD, Vocabulary


def test_indices():
    found = Vocabulary(tokens=("b", "", "a"))
    assert (PAD, OOV) == (0, 1)
    assert len(found) == 5
    assert found.encode(["a", "nope", "b", ""]).tolist() == [4, OOV, 2, 3]
    assert [found.token(index) for index in (2, 3, 4)] == ["b", "", "a"]
    assert "a" in found
    assert "nope" not in found
    assert found.encode([]).tolist() == []


def test_equal_tokens_are_shared():
    found = Vocabulary(tokens=("a" * 40, "b"))
    asked = ["x", "".join(["a"] * 40), "b"]
    assert found.share(asked) == tuple(asked)
    assert found.share(asked)[1] is found.tokens[0]


@pytest.mark.parametrize("index", [-1, PAD, OOV, 5])
def test_an_index_without_a_token(index: int):
    with pytest.raises(IndexError, match=rf"expected an index in \[2, 5\), given {index}"):
        Vocabulary(tokens=("b", "", "a")).token(index)


def test_survives_json():
    found = Vocabulary(tokens=("b", "é\n", "a"))
    assert Vocabulary.model_validate_json(found.model_dump_json()).encode(["a", "é\n"]).tolist() == [4, 3]


def test_twice_the_same_token():
    with pytest.raises((ValueError, ValidationError), match="expected distinct tokens, given 1 twice"):
        Vocabulary(tokens=("a", "b", "a"))
