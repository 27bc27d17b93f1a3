"""The clauses of a critique: its parts between breaks, each with the references and the opinion words in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.language.critique.opinion import Sign, find_signs
from models.language.critique.place import PlaceReference, Whole, find_places
from models.language.titles import Mention

BREAK = re.compile(
    r"[,;.!?:\n、，。；！？：]+|(?<!\w)(?:(?<!all )but|aber|sondern|doch|pero|sino|mais|however|though)(?!\w)"
    r"|但是|但|不过|可是|然而|而(?!且)"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. References and signs are in the order of the text, whose part it is."""

    text: str  # without the words of references
    references: tuple[Mention | PlaceReference, ...]
    signs: tuple[Sign, ...]


Part = tuple[int, int, Mention | PlaceReference | Sign]


def split_clauses(text: str, mentions: Sequence[Mention]) -> list[Clause]:
    """The clauses of a text in which titles are mentioned; nothing is read inside a title."""
    lowered = _hide(text.lower() if len(text.lower()) == len(text) else text, mentions)
    places = find_places(lowered)
    hidden = _hide(lowered, places)
    signs = find_signs(hidden)
    breaks = [(found.start(), found.end()) for found in BREAK.finditer(hidden)]
    references: list[Mention | PlaceReference] = [*mentions, *places]
    parts: list[Part] = [*((each.start, each.end, each) for each in references), *signs]
    parts.sort(key=lambda part: part[:2])
    clauses, start = [], 0
    for stop, after in [*breaks, (len(text), len(text))]:
        inside = [part for part in parts if start <= part[0] < stop]
        clauses += _split_opinions(text, start, stop, inside)
        start = after
    return _join_exceptions([clause for clause in clauses if clause.text.strip() or clause.references])


def _hide(text: str, spans: Sequence[Mention | PlaceReference]) -> str:
    """The text with blanks in place of the spans, at the same positions."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def _split_opinions(text: str, start: int, stop: int, parts: Sequence[Part]) -> list[Clause]:
    """One clause, or several where references and opinions alternate: "the first is great and the third is bad"."""
    groups: list[list[Part]] = [[]]
    for index, part in enumerate(parts):
        kinds = [isinstance(each[2], Sign) for each in groups[-1]]
        is_sign = isinstance(part[2], Sign)
        is_complete = len(set(kinds)) == 2
        if is_complete and kinds[-1] != is_sign and kinds[0] == is_sign:
            later = {isinstance(each[2], Sign) for each in parts[index:]}
            if len(later) == 2:
                groups.append([])
        groups[-1].append(part)
    starts = [start, *(group[0][0] for group in groups[1:]), stop]
    return [
        _build_clause(text, begin, end, group)
        for group, begin, end in zip(groups, starts, starts[1:], strict=False)
    ]


def _build_clause(text: str, start: int, stop: int, parts: Sequence[Part]) -> Clause:
    references = tuple(part[2] for part in parts if not isinstance(part[2], Sign))
    signs = tuple(part[2] for part in parts if isinstance(part[2], Sign))
    return Clause(_hide(text, references)[start:stop], references, signs)


def _join_exceptions(clauses: list[Clause]) -> list[Clause]:
    """The clauses; one that only makes an exception ("except the third, all are great") is part of the next."""
    joined: list[Clause] = []
    for clause in clauses:
        last = joined[-1] if joined else None
        if last is not None and not last.signs and _only_excepts(last):
            joined[-1] = Clause(
                f"{last.text} {clause.text}", last.references + clause.references, clause.signs
            )
        else:
            joined.append(clause)
    return joined


def _only_excepts(clause: Clause) -> bool:
    first = clause.references[0] if clause.references else None
    return isinstance(first, PlaceReference) and first.whole is Whole.EXCEPT
