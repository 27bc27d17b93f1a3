"""Titles in texts: how a title is known, and when a word of a text means one."""

import pytest

from models.language.titles import TitleIndex, split_title

INDEX = TitleIndex.of(
    [(1, "Star Wars (1977)"), (2, "Alien (1979)"), (3, "Big (1988)"), (4, "Last One, The (1990)")]
)


def is_common(word: str) -> bool:
    return word in {"last", "one"}


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Matrix, The (1999)", [("matrix",)]),
        ("Terminator 2: Judgment Day (1991)", [("terminator", "2", "judgment", "day"), ("terminator", "2")]),
        ("Postino, Il (1994)", [("postino",)]),
        ("The The", [("the",)]),
        ("英雄", [("英", "雄")]),
        ("(1999)", [()]),
    ],
)
def test_the_words_of_a_title(title: str, words: list[tuple[str, ...]]) -> None:
    assert split_title(title) == words


@pytest.mark.parametrize(
    ("text", "capitals", "found"),
    [
        ("I saw Star Wars and Alien", True, [(6, 15, (1,)), (20, 25, (2,))]),
        ("star wars", True, []),
        ("star wars", False, [(0, 9, (1,))]),
        ("a big problem", True, []),
        ("The Last One", True, []),
        ("nothing", False, []),
    ],
)
def test_mentions(text: str, capitals: bool, found: list[tuple[int, int, tuple[int, ...]]]) -> None:
    mentions = INDEX.find(text, is_common, capitals=capitals)
    assert [(each.start, each.end, each.titles) for each in mentions] == found
