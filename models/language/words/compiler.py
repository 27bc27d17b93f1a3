"""Compile the words of a request into a plan over a catalogue's vocabulary, by rules and the text encoder."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from models.language.plan import Plan
from models.language.plan_limits import MOST_CHARACTERS, SEPARATOR, fit_plan
from models.language.words.alternatives import ReadClause, join_clauses, part_labels
from models.language.words.clauses import Clause, split_clauses
from models.language.words.frames import find_kind, find_languages, take_chinese_frames, trim_frames
from models.language.words.label_vectors import LabelVectors
from models.language.words.labels import read_labels
from models.language.words.likes import find_title, read_likes
from models.language.words.number_words import restore_words, write_digits
from models.language.words.numbers import read_numbers
from models.language.words.reading import Reading
from models.language.words.vocabulary import Vocabulary, spell_keys
from models.language.words.wishes import (
    agrees_with,
    read_count,
    read_diversity,
    read_limit,
    read_qualities,
    read_weights,
)

Part = TypeVar("Part")

MOST_READ = 300
"""Characters that the rules read, which bounds their time; what comes after them belongs to the direction."""
MOST_CLAUSES = 12
"""The clauses whose labels the encoder reads; those of later ones are found by their spelling."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """The vocabulary of one catalogue, with the vectors of its labels; None without a text encoder."""

    vocabulary: Vocabulary
    vectors: LabelVectors | None = None

    def compile(self, words: str) -> Plan:
        """The plan of a text. The same words give the same plan.

        A text that is an item's title is wanted as a whole. Otherwise numbers, named items and wishes about the list
        are read first, then the labels of each clause; the rest is the direction, or what to avoid. The rules read
        MOST_READ characters, and the plan is within its limits.
        """
        whole = " ".join(words.split())
        text, beyond = whole[:MOST_READ], whole[MOST_READ:].strip()
        is_label = any(key in self.vocabulary.by_key for key in spell_keys(text))
        if not beyond and find_title(text, self.vocabulary) and not is_label:
            return Plan(direction=text)
        languages = find_languages(text)
        digits, numbers = write_digits(text, languages)
        reading = Reading(digits, languages)
        like, unlike = read_likes(reading, self.vocabulary)
        weights = read_weights(reading, self.vocabulary)
        diversity = read_diversity(reading)
        conditions = read_numbers(reading, self.vocabulary)
        limit = read_limit(reading)
        qualities = read_qualities(reading, self.vocabulary)
        conditions += [quality for quality in qualities if agrees_with(quality, conditions)]
        parts = split_clauses(reading.text, languages)
        clauses = join_clauses(
            [
                self._read_clause(part, languages, self.vectors if number < MOST_CLAUSES else None)
                for number, part in enumerate(parts)
            ]
        )
        kept, refused = (
            [clause for clause in clauses if clause.negated is negated] for negated in (False, True)
        )
        plan = Plan(
            direction=SEPARATOR.join(
                filter(None, [*(restore_words(clause.rest, numbers) for clause in kept), beyond])
            )[:MOST_CHARACTERS],
            avoid=_distinct(restore_words(clause.rest, numbers) for clause in refused if clause.rest),
            wanted=_distinct(label for clause in kept for label in clause.labels),
            unwanted=_distinct(label for clause in refused for label in part_labels(clause.labels)),
            conditions=_distinct(conditions),
            like=tuple(like),
            unlike=tuple(unlike),
            limit=next((clause.limit for clause in clauses if clause.limit is not None), limit),
            weights=weights,
            diversity=diversity,
        )
        return fit_plan(plan)

    def _read_clause(
        self, clause: Clause, languages: tuple[str, ...], vectors: LabelVectors | None
    ) -> ReadClause:
        reading = Reading(clause.text, languages)
        labels = read_labels(reading, self.vocabulary, vectors)
        limit = None if clause.negated else read_count(reading)
        take_chinese_frames(reading, edges=True)
        parts = (trim_frames(reading.text[start:end], languages) for start, end in reading.runs())
        rest = " ".join(filter(None, parts))
        if clause.negated and not labels and not rest:
            rest = find_kind(clause.text) or ""
        return ReadClause(clause.negated, tuple(labels), limit, rest)


def _distinct(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(dict.fromkeys(parts))
