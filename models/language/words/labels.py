"""Read the labels that words name: by their spelling, by the glossary, or by the multilingual encoder."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from models.language.plan import PlannedLabel
from models.language.protocol import Floats
from models.language.words.alternatives import Named, join_labels
from models.language.words.frames import (
    COMPOUND,
    ENGLISH_NOUN,
    count_frames,
    find_languages,
    is_frame,
    noun_kind,
    take_chinese_frames,
)
from models.language.words.glossary import translate
from models.language.words.label_vectors import LabelVectors
from models.language.words.phrases import Phrase, read_contents, read_phrases
from models.language.words.reading import WORD, Reading
from models.language.words.vocabulary import LabelName, Vocabulary, spell_keys

LEAST_COSINE = 0.625
"""The smallest cosine of words with a label that names it, chosen on the development sentences."""
NOUN_SHARE = 0.12
"""What the cosine with "Crime movies" is above that with "Crime" by the noun alone."""
PART_LOSS = 0.1
"""How much nearer a part of a stretch of Chinese characters must be, since it may cut a word."""
MOST_WORDS = 3
"""The most words of a label's name that the encoder reads."""
SURE = 3
"""The common words of a language from which on its others are no labels: "war" is German for "was"."""
MOST_EXACT = 6
"""The most words of a label's name that is found by its spelling."""
MOST_PHRASES = 60
"""The most phrases of a clause that are encoded, which bounds the time of a long text."""


def read_labels(reading: Reading, vocabulary: Vocabulary, vectors: LabelVectors | None) -> list[PlannedLabel]:
    """The labels of a clause in the order of its words; "or" between two makes them alternatives."""
    text = reading.text
    named = [*_spelled(reading, vocabulary)]
    for found in named:
        reading.take(found.start, found.end)
    noun = take_chinese_frames(reading, edges=False)
    if vectors is not None and len(vectors.rows):
        for found in _meant(reading, noun, vocabulary, vectors):
            reading.take(found.start, found.end)
            named.append(found)
    return join_labels(text, sorted(named, key=lambda found: found.start), vocabulary)


def spell_labels(text: str, vocabulary: Vocabulary) -> list[tuple[str, LabelName]]:
    """The parts of a text that name labels by their spelling, in any language of the glossary, each with its label."""
    reading = Reading(text, find_languages(text))
    return [(text[found.start : found.end], found.label) for found in _spelled(reading, vocabulary)]


def _spelled(reading: Reading, vocabulary: Vocabulary) -> Iterator[Named]:
    """Labels by their spelling or that of the glossary's English, longer phrases first; no two overlap."""
    taken: list[tuple[int, int]] = []
    sure = [language for language, count in count_frames(reading.text).items() if count >= SURE]
    for phrase in sorted(read_phrases(reading, MOST_EXACT), key=lambda phrase: phrase.start - phrase.end):
        if any(phrase.start < end and start < phrase.end for start, end in taken):
            continue
        row = _find_spelling(phrase.text, vocabulary, sure)
        if row is not None:
            taken.append((phrase.start, phrase.end))
            yield Named(phrase.start, phrase.end, vocabulary.labels[row])


def _find_spelling(text: str, vocabulary: Vocabulary, languages: Sequence[str]) -> int | None:
    """The row of the label with the spelling of a phrase; None for none, and for words of every sentence."""
    if is_frame(text, languages) and text.islower() and noun_kind(text) is None:
        return None
    head = COMPOUND.match(text)
    stem = head["head"] if head else ""
    english = translate(text) or translate(stem)
    for spelling in filter(None, (text, stem, *english.split("/"))):
        for key in spell_keys(spelling):
            if len(key) > 1 and key in vocabulary.by_key:
                return vocabulary.by_key[key][0]
    return None


def _meant(
    reading: Reading, noun: str | None, vocabulary: Vocabulary, vectors: LabelVectors
) -> Iterator[Named]:
    """Labels by the encoder: the phrases nearest to a label first; no two overlap."""
    phrases = list(read_contents(reading, MOST_WORDS))[:MOST_PHRASES]
    phrases = [replace(phrase, noun=phrase.noun or noun) for phrase in phrases]
    if not phrases:
        return
    cosine = _measure(phrases, vectors)  # [P, L]
    best = cosine.max(axis=1)
    taken: list[tuple[int, int]] = []
    for number in np.argsort(-best, kind="stable").tolist():
        phrase = phrases[number]
        if best[number] < LEAST_COSINE:
            return
        if not any(phrase.start < end and start < phrase.end for start, end in taken):
            taken.append((phrase.start, phrase.end))
            row = int(vectors.rows[int(cosine[number].argmax())])
            yield Named(phrase.start, phrase.end, vocabulary.labels[row])


def _measure(phrases: Sequence[Phrase], vectors: LabelVectors) -> Floats:
    """Cosines [P, L]; a phrase with a noun for items is compared with "Crime movies" too."""
    encoded = vectors.encode([_to_english(phrase.text) for phrase in phrases])
    cosine = encoded @ vectors.plain.T
    nouns = np.array([any(map(noun_kind, re.findall(r"\w+", name))) for name in vectors.names])
    for kind in sorted({phrase.noun for phrase in phrases if phrase.noun}):
        with_noun = vectors.with_noun(ENGLISH_NOUN[kind])
        for number, phrase in enumerate(phrases):
            if phrase.noun == kind:
                both = with_noun @ encoded[number] - NOUN_SHARE
                cosine[number] = np.maximum(cosine[number], both)
    for number, phrase in enumerate(phrases):
        if phrase.has_noun or phrase.noun:  # it is near to such a label by the noun alone
            cosine[number, nouns] = -1
        cosine[number] -= 0.0 if phrase.is_whole else PART_LOSS
    return np.asarray(cosine, dtype=np.float32)


def _to_english(text: str) -> str:
    """The phrase with the words of the glossary in English."""
    whole = translate(text) or WORD.sub(lambda word: translate(word.group()) or word.group(), text)
    return whole.split("/")[0]
