"""Find the known names nearest to an unknown one, for messages that suggest what was meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

MOST_COMPARED = 2000
"""The most names that are compared letter by letter; among more, only another spelling of the name is found."""
MOST_NAMES = 10_000
"""The most names that are searched at all, which bounds the time of an answer."""
MOST_NEAREST = 3
LEAST_LIKENESS = 0.7
"""The smallest ratio of difflib that resembles: 'share' does not resemble 'adore' (0.6)."""


def find_nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to MOST_NEAREST known names that resemble `name`, the nearest first.

    Names that differ only in case, spaces and punctuation come alone. Otherwise similarity is that of difflib
    (Ratcliff and Obershelp 1988).
    """
    return _find_nearest(name, tuple(known))


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: "; did you mean 'genres'?", or "" if no name is near."""
    nearest = find_nearest(name, known)
    return f"; did you mean {nearest[0][:80]!r}?" if nearest else ""


@lru_cache(maxsize=256)  # a client repeats its mistake with every request
def _find_nearest(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if len(known) > MOST_NAMES:
        return ()
    key = _spelling(name)
    spelled_alike = [other for other in known if other != name and _spelling(other) == key]
    if (spelled_alike and key) or len(known) > MOST_COMPARED:
        return tuple(spelled_alike[:MOST_NEAREST]) if key else ()
    others = {other.casefold(): other for other in known if other != name}
    matches = get_close_matches(name.casefold(), others, n=MOST_NEAREST, cutoff=LEAST_LIKENESS)
    return tuple(others[match] for match in matches)


def _spelling(name: str) -> str:
    """The letters and digits of a name, in one case."""
    return "".join(character for character in name.casefold() if character.isalnum())
