"""A clause while it is read: what a rule has understood is taken out, and what is left is the direction."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TAKEN = "\x1f"
"""Stands for a character that is taken: it is no letter, no digit and no blank."""
HAN = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""The range of characters that are written without blanks between words."""
HAN_LETTER, LETTER = rf"(?-i:[{HAN}])", rf"(?-i:[^\W{HAN}])"
"""One of these, and a letter or digit of a script with blanks.

Neither depends on case. Where case is ignored, `re` would look at each of the 28,000 characters when it compiles them.
"""
WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}](?:[^\W_{HAN}]|['’\-](?=[^\W_{HAN}]))*")
"""A word, or a single character of a script without blanks."""


def matches_words(pattern: str) -> re.Pattern[str]:
    """A pattern that matches whole words in scripts with blanks, ignoring case."""
    return re.compile(
        rf"(?:(?<!{LETTER})|(?={HAN_LETTER})|(?<={HAN_LETTER}))(?:{pattern})(?:(?!{LETTER})|(?<={HAN_LETTER}))",
        re.IGNORECASE,
    )


@dataclass(slots=True)
class Reading:
    """A text or a clause of it, with number words written as digits, and the languages that it may be of."""

    text: str
    languages: tuple[str, ...]

    def take(self, start: int, end: int) -> None:
        """Take the characters out of the clause."""
        self.text = f"{self.text[:start]}{TAKEN * (end - start)}{self.text[end:]}"

    def find(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches of a pattern, each taken out before the next is searched."""
        start = 0
        while match := pattern.search(self.text, start):
            yield match
            start = max(match.end(), match.start() + 1)

    def runs(self) -> list[tuple[int, int]]:
        """The stretches (start, end) of words with nothing taken between them."""
        return [match.span() for match in re.finditer(rf"[^{TAKEN}]+", self.text)]
