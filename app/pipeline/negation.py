"""A request's words -> what is wanted and what is not: "light-hearted science fiction, nothing scary".

Rules, not a model: a sentence vector does not know "not" (Kassner, Schütze 2020: Negated and misprimed probes).
"""

import re
from typing import NamedTuple

CUES = {
    "en": "no not nothing without except isn't don't avoid",
    "de": "kein keine keinen keiner nicht nichts ohne außer",
    "fr": "pas sans rien sauf aucun aucune",
    "es": "sin nada excepto ningún ninguna",
    "it": "non senza niente nessun nessuna",
    "pt": "não sem nenhum nenhuma exceto",
    "nl": "geen niet niets zonder behalve",
    "ru": "не без нет ничего кроме",
}
"""Words that turn down what follows them, as far as the end of the clause."""
FILLERS = {
    "en": "a an the and i we do does want like please too any anything so very much of that are is with",
    "de": "und mit ich will möchte zu",
    "fr": "et avec je ne veux trop de d' du",
    "es": "y con yo quiero demasiado",
    "it": "e con voglio troppo",
    "pt": "e com quero muito",
    "nl": "en met ik wil te",
    "ru": "и с я хочу слишком",
}
"""Words that, at the ends of a part, say nothing of what is wanted or turned down."""
EMPTY = frozenset(" ".join(FILLERS.values()).split())
CLAUSE_END = re.compile(r"[,;.!?:()\n]+|(?<![\w'-])(?:but|aber|mais|pero|maar|но)(?![\w'-])", re.IGNORECASE)
CUE = re.compile(rf"(?<![\w'-])(?:{'|'.join(' '.join(CUES.values()).split())})(?![\w'-])", re.IGNORECASE)
WORD = re.compile(r"[\w'-]+")


class Wording(NamedTuple):
    """The parts of a text; "" for none."""

    wanted: str
    unwanted: str


def read_wording(text: str) -> Wording:
    """The clauses of a text, those after a negation apart. A cue with nothing after it turns nothing down."""
    wanted, unwanted = list[str](), list[str]()
    for clause in CLAUSE_END.split(text.replace("’", "'")):
        before, *refused = CUE.split(clause)
        said = [_bare(part) for part in refused]
        wanted.append(_bare(before) if any(said) else clause.strip())
        unwanted += said
    if not any(unwanted):
        return Wording(text.strip(), "")
    return Wording(", ".join(filter(None, wanted)), ", ".join(filter(None, unwanted)))


def names_title(text: str, titles: list[str]) -> bool:
    """Whether the words of a text are those of a title, as in "No Country for Old Men": it is meant as it stands."""
    words = set(WORD.findall(text.casefold()))
    return any(
        words <= (own := set(WORD.findall(title.casefold()))) and len(own) <= 2 * len(words)
        for title in titles
    )


def _bare(part: str) -> str:
    """The part without fillers at its ends."""
    words = part.split()
    while words and words[0].casefold() in EMPTY:
        words = words[1:]
    while words and words[-1].casefold() in EMPTY:
        words = words[:-1]
    return " ".join(words)
