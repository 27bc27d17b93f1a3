"""Join labels into alternatives: "horror or thriller", and lists such as "action, adventure or war"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.language.plan import PlannedLabel
from models.language.words.frames import NOUN_PATTERNS
from models.language.words.reading import TAKEN
from models.language.words.vocabulary import LabelName, Vocabulary

OR = re.compile(r"^\s*(?:,?\s*(?:or|oder|ou|o|u|of|или|或者?|还是)|/)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A label that the words from `start` to `end` of a clause name."""

    start: int
    end: int
    label: LabelName


@dataclass(frozen=True, slots=True)
class ReadClause:
    """The parts of a clause beside those of the whole text."""

    negated: bool
    labels: tuple[PlannedLabel, ...]
    limit: int | None
    rest: str

    @property
    def is_single(self) -> bool:
        """True if the clause has one label and nothing else."""
        return len(self.labels) == 1 and not self.rest and self.limit is None


def join_labels(text: str, named: Sequence[Named], vocabulary: Vocabulary) -> list[PlannedLabel]:
    """The labels of a clause in the order of its words; "or" between two makes them alternatives.

    Labels of a field with one label an item are always alternatives.
    """
    joined: list[PlannedLabel] = []
    previous: Named | None = None
    for found in named:
        label = found.label
        is_or = previous is not None and _is_or(text[previous.end : found.start])
        last = joined[-1] if joined else None
        same = next((part for part in joined if part.field == label.field), None)
        if any(label.value in part.values and label.field == part.field for part in joined):
            pass
        elif last is not None and is_or and last.field == label.field:
            joined[-1] = PlannedLabel(last.field, (*last.values, label.value))
        elif same is not None and label.field not in vocabulary.set_fields:
            joined[joined.index(same)] = PlannedLabel(same.field, (*same.values, label.value))
        else:
            joined.append(PlannedLabel(label.field, (label.value,)))
        previous = found
    return joined


def join_clauses(clauses: Sequence[ReadClause]) -> list[ReadClause]:
    """The clauses, with a list that ends in "or" as one: its labels are alternatives.

    After a refusal such a list is refused as a whole: "no horror, war or westerns".
    """
    joined: list[ReadClause] = []
    for clause in reversed(clauses):
        after = joined[-1] if joined else None
        if after is None or not clause.is_single or not _is_list_of(after, clause.labels[0].field):
            joined.append(clause)
        elif clause.negated and not after.rest:
            joined[-1] = replace(after, negated=True)
            joined.append(clause)
        elif not clause.negated:
            values = (*clause.labels[0].values, *after.labels[0].values)
            first = PlannedLabel(clause.labels[0].field, tuple(dict.fromkeys(values)))
            joined[-1] = replace(after, labels=(first, *after.labels[1:]))
        else:
            joined.append(clause)
    return joined[::-1]


def part_labels(labels: Sequence[PlannedLabel]) -> list[PlannedLabel]:
    """The labels one by one: to refuse alternatives is to refuse each of them."""
    return [PlannedLabel(label.field, (value,)) for label in labels for value in label.values]


def _is_or(between: str) -> bool:
    """True if the words between two labels are "or", apart from nouns for items."""
    plain = between.replace(TAKEN, " ")
    for pattern in NOUN_PATTERNS.values():
        plain = pattern.sub(" ", plain)
    return bool(OR.match(plain))


def _is_list_of(clause: ReadClause, field: str) -> bool:
    """True if a wanted clause begins with alternatives of a field."""
    return (
        not clause.negated
        and bool(clause.labels)
        and clause.labels[0].field == field
        and len(clause.labels[0].values) > 1
    )
