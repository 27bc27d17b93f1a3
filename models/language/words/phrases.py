"""The phrases of a clause that may name a label."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.language.words.frames import COMPOUND, is_frame, noun_kind
from models.language.words.glossary import translate
from models.language.words.reading import HAN, TAKEN, WORD, Reading

MOST_CHARACTERS = 6
"""The most characters of a phrase in a script without blanks."""
IS_HAN = re.compile(rf"[{HAN}]")
Words = list[re.Match[str]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a clause from `start` to `end`; of a single compound such as "Horrorfilme" the text is "Horror"."""

    start: int
    end: int
    text: str
    noun: str | None  # the kind of item that a noun beside its other words names
    has_noun: bool = False  # a noun for items is anywhere among its words
    is_whole: bool = True  # False for a part of a stretch of Chinese characters


def read_phrases(reading: Reading, most: int) -> Iterator[Phrase]:
    """All phrases of up to `most` words, or of 2 to 6 characters of a script without blanks."""
    for start, end in reading.runs():
        words = list(WORD.finditer(reading.text, start, end))
        whole = reading.text[start:end].strip("，。、,. ")
        for first, word in enumerate(words):
            is_han = bool(IS_HAN.match(word.group()))
            for last in range(first, min(first + (MOST_CHARACTERS if is_han else most), len(words))):
                phrase = _make_phrase(reading, words[first : last + 1], whole)
                if phrase is not None:
                    yield phrase


def read_contents(reading: Reading, most: int) -> Iterator[Phrase]:
    """The phrases without punctuation that begin and end with a word of content, or with a noun for items."""
    for phrase in read_phrases(reading, most):
        words = [word.group() for word in WORD.finditer(reading.text, phrase.start, phrase.end)]
        frames = [is_frame(word, reading.languages) for word in words]
        edges = [number for number in (0, -1) if frames[number] and noun_kind(words[number]) is None]
        if edges or all(frames) or re.search(r"[,;.，。；]", reading.text[phrase.start : phrase.end]):
            continue
        if any(frames[1:-1]):  # the noun is not beside the other words
            yield Phrase(phrase.start, phrase.end, phrase.text, None, phrase.has_noun, phrase.is_whole)
        else:
            yield phrase


def _is_word(text: str, at: int) -> bool:
    """True for a Chinese character of the glossary without another beside it, as in "Nike鞋"."""
    beside = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    return bool(translate(text[at])) and not IS_HAN.search(beside)


def _make_phrase(reading: Reading, words: Words, whole: str) -> Phrase | None:
    """The phrase of some words of a stretch; None for a mixture of scripts, or a Chinese character that is no word."""
    start, end = words[0].start(), words[-1].end()
    text = reading.text[start:end]
    han = [bool(IS_HAN.match(word.group())) for word in words]
    if TAKEN in text or (han[0] and not (all(han) and (len(words) > 1 or _is_word(reading.text, start)))):
        return None
    kinds = [noun_kind(word.group()) for word in words]
    compound = COMPOUND.match(words[-1].group())
    noun = next((kind for kind in kinds if kind), noun_kind(compound["noun"]) if compound else None)
    named = compound["head"] if len(words) == 1 and compound is not None else text
    return Phrase(start, end, named, noun, any(kinds), not han[0] or text == whole)
