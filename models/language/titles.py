"""Titles in a text: which of many titles it mentions, by their words in order."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

WORD = re.compile(
    r"[^\W_\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+(?:'\w+)?|[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]"
)
"""A word, or one character of a script without blanks."""
BRACKETS = re.compile(r"\s*[(\[（【][^)\]）】]*[)\]）】]")
ARTICLE_WORDS = "the|a|an|der|die|das|ein|eine|le|la|les|un|une|el|los|las|il|lo"
MOVED_ARTICLE = re.compile(rf"^(.*), ({ARTICLE_WORDS}|l')$", re.IGNORECASE)
ARTICLES = frozenset(ARTICLE_WORDS.split("|"))
LONGEST = 12
"""Words of a title that are compared."""
MOST_NAMESAKES = 5
"""The most items of one title that a text names."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A part of a text that names titles, by their numbers."""

    start: int
    end: int
    titles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TitleKeys:
    """The numbers of titles by their words, and by those before a colon."""

    wholes: Mapping[Words, tuple[int, ...]]
    beginnings: Mapping[Words, tuple[int, ...]]

    @staticmethod
    def of(titles: Iterable[tuple[int, str]]) -> "TitleKeys":
        """The keys of numbered titles; a title without words has none."""
        wholes: defaultdict[Words, list[int]] = defaultdict(list)
        beginnings: defaultdict[Words, list[int]] = defaultdict(list)
        for number, title in titles:
            whole, *beginning = split_title(title)
            wholes[whole].append(number)
            for words in beginning:
                beginnings[words].append(number)
        return TitleKeys(*map(_freeze, (wholes, beginnings)))


@dataclass(frozen=True, slots=True)
class TitleIndex:
    """The titles by their words, without articles at the beginning."""

    by_words: Mapping[Words, tuple[int, ...]]

    @staticmethod
    def of(titles: Iterable[tuple[int, str]]) -> "TitleIndex":
        """The index of numbered titles; a title is known by its whole text, else by what stands before a colon."""
        keys = TitleKeys.of(titles)
        return TitleIndex({**keys.beginnings, **keys.wholes})

    def find(self, text: str, is_common: Callable[[str], bool], *, capitals: bool) -> list[Mention]:
        """The mentions in a text, the longest at each place.

        A title of one or two words is not meant by them if all are common (`is_common` takes them in lower case) or,
        with `capitals`, if none of the others begins with a capital in a script that has them.
        """
        words = [(found.start(), found.end(), found.group()) for found in WORD.finditer(text)]
        folded = [word.casefold() for _, _, word in words]
        mentions, at = [], 0
        while at < len(words):
            sizes = range(min(LONGEST, len(words) - at), 0, -1)
            size = next((size for size in sizes if tuple(folded[at : at + size]) in self.by_words), 0)
            part = words[at : at + size]
            if size and _is_meant([word for _, _, word in part], is_common, capitals):
                titles = self.by_words[tuple(folded[at : at + size])][:MOST_NAMESAKES]
                mentions.append(Mention(part[0][0], part[-1][1], titles))
                at += size
            else:
                at += 1
        return mentions


def _freeze(keys: Mapping[Words, list[int]]) -> dict[Words, tuple[int, ...]]:
    return {words: tuple(numbers) for words, numbers in keys.items() if words}


def split_title(title: str) -> list[Words]:
    """The words of a title, and where it has a colon those before it: "Matrix, The (1999)" is "matrix"."""
    plain = BRACKETS.sub("", title).strip()
    parts = dict.fromkeys((plain, plain.split(":")[0]))
    return list(dict.fromkeys(map(_words_of, parts)))


def _words_of(part: str) -> Words:
    """The words of a part of a title in lower case, without an article at the beginning or moved to the end."""
    moved = MOVED_ARTICLE.match(part)
    words = [word.casefold() for word in WORD.findall(moved[1] if moved else part)][:LONGEST]
    while len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return tuple(words)


def _is_meant(words: list[str], is_common: Callable[[str], bool], capitals: bool) -> bool:
    if len(words) >= 3:
        return True
    rare = [word for word in words if not is_common(word.casefold()) and not word.isdigit()]
    if all(_has_no_capitals(word) for word in words):
        return len(words) == 2 and bool(rare)
    return any(not capitals or word[0].isupper() for word in rare)


def _has_no_capitals(word: str) -> bool:
    return word[0].lower() == word[0].upper()
