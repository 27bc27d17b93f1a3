"""The clauses of a critique: its parts between breaks, each with the references and the opinion words in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.language.critique.opinion import NEGATED, Sign, find_signs
from models.language.critique.place import PlaceReference, Whole, find_places
from models.language.critique.wish import has_content
from models.language.titles import Mention

BREAK = re.compile(
    r"[,;.!?:\n、，。；！？：]+|(?P<contrast>(?<!\w)(?:(?<!all )(?<!none )(?<!nothing )(?<!everything )but|aber|sondern"
    r"|doch|pero|sino|mais|however|though)(?!\w)|但是|但|不过|可是|然而|而(?!且)是?)"
    r"|(?<!\w)(?:and|und|y|et) (?=(?:not?|nicht|kein\w*|pas|less|fewer|more|weniger|mehr|menos|más|moins|plus)\b)"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. References and signs are in the order of the text, whose part it is."""

    text: str  # without the words of references
    references: tuple[Mention | PlaceReference, ...]
    signs: tuple[Sign, ...]
    contrasts: bool = False  # it follows on a "but"
    judges_first: bool = False  # an opinion word stands before its references
    negates: bool = False  # it only negates what it refers to: "not the second"


Part = tuple[int, int, Mention | PlaceReference | Sign]


def split_clauses(text: str, mentions: Sequence[Mention]) -> list[Clause]:
    """The clauses of a text in which titles are mentioned; nothing is read inside a title."""
    lowered = _hide(text.lower() if len(text.lower()) == len(text) else text, mentions)
    places = find_places(lowered)
    hidden = _hide(lowered, places)
    signs = find_signs(hidden)
    breaks = [(found.start(), found.end(), found["contrast"] is not None) for found in BREAK.finditer(hidden)]
    references: list[Mention | PlaceReference] = [*mentions, *places]
    parts: list[Part] = [*((each.start, each.end, each) for each in references), *signs]
    parts.sort(key=lambda part: part[:2])
    clauses, start, contrasts = list[Clause](), 0, False
    for stop, after, follows in [*breaks, (len(text), len(text), False)]:
        inside = [part for part in parts if start <= part[0] < stop]
        first, *more = _split_opinions(text, start, stop, inside)
        clauses += [replace(first, contrasts=contrasts), *more]
        start, contrasts = after, follows
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
    groups[-1:] = _split_negated(text, stop, groups[-1])
    starts = [start, *(group[0][0] for group in groups[1:]), stop]
    return [
        _build_clause(text, begin, end, group)
        for group, begin, end in zip(groups, starts, starts[1:], strict=False)
    ]


def _split_negated(text: str, stop: int, group: list[Part]) -> list[list[Part]]:
    """The group, or its two where a negation stands between references: "the first not the second"."""
    first = next((index for index, part in enumerate(group) if isinstance(part[2], Sign)), 0)
    if first and _build_clause(text, group[first][0], stop, group[first:]).negates:
        return [group[:first], group[first:]]
    return [group]


def _build_clause(text: str, start: int, stop: int, parts: Sequence[Part]) -> Clause:
    references = tuple(part[2] for part in parts if not isinstance(part[2], Sign))
    signs = tuple(part[2] for part in parts if isinstance(part[2], Sign))
    own = _hide(text, references)[start:stop]
    # "Not the second", "不要第二部": the negation stands first, and only words of wanting may follow on it.
    negates = Sign.NEGATION in signs and not {Sign.BAD, Sign.SEEN} & {*signs} and bool(references)
    negates = negates and parts[0][2] is Sign.NEGATION and not isinstance(parts[-1][2], Sign)
    negates = negates and not has_content(NEGATED.sub(" ", own.lower()))
    judges_first = bool(parts) and isinstance(parts[0][2], Sign)
    return Clause(own, references, signs, judges_first=judges_first, negates=negates)


def _join_exceptions(clauses: list[Clause]) -> list[Clause]:
    """The clauses; one that only makes an exception ("except the third, all are great") is part of the next."""
    joined: list[Clause] = []
    for clause in clauses:
        last = joined[-1] if joined else None
        if last is not None and not last.signs and _only_excepts(last):
            joined[-1] = replace(
                clause, text=f"{last.text} {clause.text}", references=last.references + clause.references
            )
        else:
            joined.append(clause)
    return joined


def _only_excepts(clause: Clause) -> bool:
    first = clause.references[0] if clause.references else None
    return isinstance(first, PlaceReference) and first.whole is Whole.EXCEPT
