"""Split a text into clauses, each wanted or unwanted."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.language.negation import CLAUSE_END, CUE, IDIOM, WANTED_AGAIN, negates
from models.language.words.frames import trim_frames
from models.language.words.reading import TAKEN

MORE_CUES = re.compile(
    r"(?<![能是会要好想可])不(?![错同管仅只止过断朽明良可到少超低高多含带看爱])|"
    r"(?<![\w'-])(?:hates?|dislikes?|can't stand|never|neither|nor|other than|apart from|tired of|sick of"
    r"|bored (?:of|with)|fed up with|enough of|less(?! than)|fewer(?! than)|rather than"
    r"|instead of|free of"
    r"|hasse|keinerlei|jenseits von|déteste|ni|hormis|excepté|autre que|d'autre que|odio|odia|salvo|tranne|eccetto"
    r"|odeio|haat|weder|nem|ни|ненавижу|исключая|no (?=de |d'))(?![\w'-])",
    re.IGNORECASE,
)
"""Cues that only a request has: in an item's text they would often not negate."""
LATER = re.compile(r"[，。；：？！]+|但是|但|不过|可是")
RESUMED = re.compile(r"以外的?|之外的?|的")
"""Ends of what a Chinese cue negates: 没有暴力的动作片 is an action film without violence."""


SPANISH_WITHOUT = re.compile(r"(?<![\w'-])sin\s+", re.IGNORECASE)
"""In another language it may be the English noun, so that models.language.negation is careful with it."""


ALL_BUT = re.compile(
    r"(?<![\w'-])(?:(?:any|every)thing (?:but|apart from)|all but|alles außer|alles bis auf|todo menos"
    r"|cualquier cosa menos"
    r"|tout sauf|tutto tranne|tudo menos|alles behalve|всё,? кроме)\s+",
    re.IGNORECASE,
)


PAIRS: Mapping[str, tuple[str, str]] = {
    "de": ("weder", "noch"),
    "nl": ("noch|geen|niet|zonder", "noch"),
    "it": ("n[éè]|non|senza|niente", "n[éè]"),
    "pt": ("nem|não|sem", "nem"),
    "ru": ("ни|не|без", "ни"),
}
"""Language -> the words of "neither" and "nor". Alone the second is often no cue: "noch" is also "still"."""


AT_MOST = re.compile(
    r"(?<![\w'-])(?:no[t]? more than|nicht mehr als|pas plus d[e']|no más de|non più di|não mais d[eo] que|não mais de"
    r"|niet meer dan|не (?:более|больше)(?: чем)?)\s*(?=\d)|不(?:要)?超过\s*(?=\d)",
    re.IGNORECASE,
)
"""Before a count they do not refuse what is counted."""


class Clause(NamedTuple):
    """A part of a text that is wanted or unwanted as a whole."""

    text: str
    negated: bool


def split_clauses(text: str, languages: Sequence[str]) -> list[Clause]:
    """The clauses of a text in one of the languages,
    in order; a text with an idiom such as "why not" is wanted as a whole."""
    plain = AT_MOST.sub("at most ", text.replace("’", "'"))
    for start, end in reversed(find_pairs(plain)):
        plain = f"{plain[:start]} except {plain[end:]}"
    plain = ALL_BUT.sub("except ", plain)
    if "es" in languages:
        plain = SPANISH_WITHOUT.sub("nada de ", plain)
    if IDIOM.search(plain):
        return [Clause(plain, negated=False)]
    parts = [part for later in LATER.split(plain) for part in CLAUSE_END.split(later)]
    return [clause for part in parts for clause in _split_part(part) if clause.text.strip()]


def find_pairs(text: str) -> list[tuple[int, int]]:
    """The spans (start, end) of the words of "neither … nor" and of the commas between them, in order."""
    found = set[tuple[int, int]]()
    for first, again in PAIRS.values():
        start = re.search(rf"(?<!\w)(?:{first})(?!\w)", text, re.IGNORECASE)
        nor = re.compile(rf"(?<!\w)(?:{again})(?!\w)", re.IGNORECASE)
        later = [] if start is None else [match.span() for match in nor.finditer(text, start.end())]
        if start is not None and later:
            is_neither = nor.fullmatch(start.group()) or start.group().casefold() == "weder"
            commas = re.compile(",").finditer(text, start.end(), later[-1][0]) if is_neither else ()
            found.update([start.span(), *later, *(comma.span() for comma in commas)])
    return sorted(found)


def find_cues(text: str, languages: Sequence[str]) -> list[tuple[int, int]]:
    """The spans (start, end) of what refuses the words after it, in order; none in a text with an idiom."""
    if IDIOM.search(text):
        return []
    patterns = (ALL_BUT, MORE_CUES, *([SPANISH_WITHOUT] if "es" in languages else []))
    cues = [cue.span() for cue in CUE.finditer(text) if negates(cue)]
    cues += [cue.span() for pattern in patterns for cue in pattern.finditer(text)]
    cues += [pair for pair in find_pairs(text) if text[pair[0]] != ","]
    return sorted(cues)


FARTHEST = 80
"""Characters before a number in which a refusal is looked for."""


def find_refusal(text: str, languages: Sequence[str]) -> int | None:
    """The start of a cue that negates what follows the text, with only common words between; None without one."""
    text = text[-FARTHEST:].rjust(len(text), TAKEN)
    begin = max(
        (
            end.end()
            for end in re.finditer(
                r"[,;.!?:，。；！？：]|(?<!\w)(?:but|aber|mais"
                r"|pero)(?!\w)",
                text,
            )
        ),
        default=0,
    )
    part = text[begin:]
    cues = [cue for pattern in (CUE, MORE_CUES) for cue in pattern.finditer(part)]
    if not cues:
        return None
    cue = max(cues, key=lambda found: found.end())
    between = part[cue.end() :]
    return None if TAKEN in between or trim_frames(between, languages) else begin + cue.start()


def _split_part(part: str) -> list[Clause]:
    """The wanted words before the first cue, and what each cue negates up to a word such as "with"."""
    cues = [cue for cue in CUE.finditer(part) if negates(cue)] + list(MORE_CUES.finditer(part))
    cues.sort(key=lambda cue: cue.start())
    if not cues:
        return [Clause(part, negated=False)]
    clauses = [Clause(part[: cues[0].start()], negated=False)]
    ends = [*(cue.start() for cue in cues[1:]), len(part)]
    for cue, end in zip(cues, ends, strict=True):
        first, *more = [
            piece for resumed in RESUMED.split(part[cue.end() : end]) for piece in WANTED_AGAIN.split(resumed)
        ]
        clauses.append(Clause(first, negated=True))
        clauses += [Clause(piece, negated=False) for piece in more]
    return clauses
