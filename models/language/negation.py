"""Negation in texts: split "science fiction, nothing scary" into its wanted and unwanted parts.

It uses rules for nine languages because sentence vectors do not represent negation (Kassner, Schütze 2020: Negated
and misprimed probes).
The rules are conservative: missing a negation costs less than inverting a request.
"""

import re
from typing import NamedTuple

CUES = {
    "en": "not|nothing|without|except|avoid|isn't|aren't|(?:don't|do not) (?:want|like|show)|(?:with )?no",
    "de": "kein(?:e|en|er)?|nicht|nichts|ohne|außer",
    "fr": "pas|sans|rien|sauf|aucune?",
    "es": "sin|nada|excepto|ningun[ao]|ningún",
    "it": "non|senza|niente|nessun[ao]?",
    "pt": "não|sem|nenhuma?|exceto",
    "nl": "geen|niet|niets|zonder|behalve",
    "ru": "не|без|нет|ничего|кроме",
}
"""Negation cues by language: words that negate the words after them."""
IDIOMS = {
    "en": "not (?:only|just|bad|sure|necessarily)|nothing (?:beats|but|like|better|wrong|compares)|non fiction"
    "|no (?:problem|matter|doubt|one|longer|idea|need)|without (?:a |any )?doubt|why not|if not",
    "de": "nicht (?:nur|schlecht|unbedingt)|nichts (?:gegen|schlägt)|kein problem",
    "fr": "pas (?:seulement|mal|de deux|de problème)|rien (?:que|ne vaut)|sans doute",
    "es": "no (?:s[oó]lo|hay problema)|sin duda|nada como",
    "it": "non (?:solo|male)|niente male|senza dubbio",
    "pt": "não (?:só|apenas)|sem dúvida|nada como",
    "nl": "niet (?:alleen|slecht)|geen probleem|zonder twijfel",
    "ru": "не (?:только|плохо)|нет проблем",
}
"""Phrases in which a cue does not negate. A text with one of them is not split."""
FILLERS = {
    "en": "a an the and i we do does want like please too any anything so very much of that are is with",
    "de": "und mit ich will möchte zu",
    "fr": "et avec je ne veux trop de d' du",
    "es": "y con yo quiero demasiado que sea",
    "it": "e con voglio troppo",
    "pt": "e com quero muito",
    "nl": "en met ik wil te",
    "ru": "и с я хочу слишком",
}
"""Filler words, removed at both ends of a part."""
FILLER_WORDS = frozenset(" ".join(FILLERS.values()).split())
ENGLISH_NEIGHBOURS = frozenset(
    [
        "about",
        "of",
        "the",
        "a",
        "and",
        "or",
        "by",
        "from",
        "in",
        "for",
        "on",
        "to",
        "my",
        "your",
        "his",
        "her",
        "their",
    ]
)
"""Next to one of these words, "sin" is the English noun, not the Spanish "without"."""


CHINESE_CUES = "|".join(
    [
        *(
            "不要有",
            "不要太",
            "不要",
            "不想看到",
            "不想看",
            "不想要",
            "不想",
            "不喜欢",
            "不爱看",
            "不含",
            "不带",
            "不包括",
            "不包含",
        ),
        *(
            "(?<!有)没有",
            "除了",
            "除去",
            "拒绝",
            "排除",
            "讨厌",
            "别给我",
            "别推荐",
            "不看",
            "而不是",
            "不是",
        ),
    ]
)
"""The cues of Chinese, which has no blanks between words; longer ones first."""


def _compile_words(patterns: dict[str, str]) -> re.Pattern[str]:
    """Compile one pattern that matches any of the patterns as whole words, ignoring case."""
    return re.compile(rf"(?<![\w'-])(?:{'|'.join(patterns.values())})(?![\w'-])", re.IGNORECASE)


CUE = re.compile(rf"{_compile_words(CUES).pattern}|{CHINESE_CUES}", re.IGNORECASE)
IDIOM = _compile_words(IDIOMS)
CLAUSE_END = re.compile(
    r"[,;.!?:()\n，。；！？：]+|但是|不过|(?<![\w'-])(?:but|aber|mais|pero|maar|но)(?![\w'-])", re.IGNORECASE
)
WANTED_AGAIN = re.compile(
    r"(?<=\w)\s+(?:with|mit|avec|con|com|met|с)\s+"
    r"|\s+(?:and|und|et|y|e|en|и)\s+(?=(?:something|some|lots|plenty|more|with|a|etwas|viel|mit|quelque|avec|algo|con"
    r"|qualcosa|com|iets|met|что-то|с)\s)",
    re.IGNORECASE,
)
"""The start of a wanted part after an unwanted one."""
WORD = re.compile(r"[\w'-]+")


class Wording(NamedTuple):
    """The wanted and the unwanted part of a text; "" for none."""

    wanted: str
    unwanted: str


def split_wording(text: str) -> Wording:
    """Split a text into its wanted and its negated clauses. A cue without words after it does not negate."""
    plain = text.replace("’", "'")
    wanted, unwanted = list[str](), list[str]()
    for clause in () if IDIOM.search(plain) else CLAUSE_END.split(plain):
        cues = [cue for cue in CUE.finditer(clause) if negates(cue)]
        ends = [*(cue.start() for cue in cues[1:]), len(clause)]
        parts = [clause[cue.end() : end] for cue, end in zip(cues, ends, strict=False)]
        negated, resumed = list[str](), list[str]()
        for part in parts:
            first, *more = WANTED_AGAIN.split(part)
            negated.append(_strip_fillers(first))
            resumed += map(_strip_fillers, more)
        before = clause[: cues[0].start()] if cues else clause
        wanted += [_strip_fillers(before), *resumed] if any(negated) else [clause.strip()]
        unwanted += negated
    if not any(unwanted):
        return Wording(text.strip(), "")
    return Wording(", ".join(filter(None, wanted)), ", ".join(filter(None, unwanted)))


def matches_title(text: str, titles: list[str]) -> bool:
    """True if the text matches one of the titles, such as "No Country for Old Men".

    A text matches a title if all its words occur in it and make up at least half of its words.
    """
    words = set(WORD.findall(text.casefold()))
    title_words = [set(WORD.findall(title.casefold())) for title in titles]
    return any(words <= title and len(title) <= 2 * len(words) for title in title_words)


def negates(cue: re.Match[str]) -> bool:
    """True if a cue negates. "no" is also Portuguese for "in the", and "sin" is also an English noun."""
    before = WORD.findall(cue.string[: cue.start()].casefold())
    after = WORD.findall(cue.string[cue.end() :].casefold())
    match cue.group().casefold():
        case "no":
            return not before or before[-1] in FILLER_WORDS
        case "sin":
            return bool(before and after) and not {before[-1], after[0]} & ENGLISH_NEIGHBOURS
        case _:
            return True


def _strip_fillers(part: str) -> str:
    """Remove filler words at both ends of a part."""
    words = part.split()
    while words and words[0].casefold() in FILLER_WORDS:
        words = words[1:]
    while words and words[-1].casefold() in FILLER_WORDS:
        words = words[:-1]
    return " ".join(words)
