"""Check a written text: every title, label, number, quotation and proper name in it must be among the facts.

A text that names something else is refused. The check reads what a text names, not what it says of it. It cannot tell
a single foreign name in German, whose nouns have capitals too, nor the first word of a sentence, nor one in Chinese
that is neither in the catalogue, nor in title marks, nor in Latin letters.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from models.language.titles import BRACKETS, MOVED_ARTICLE, TitleIndex, Words, split_title
from models.language.titles import WORD as TITLE_WORD
from models.language.words.frames import FRAMES, is_frame
from models.language.words.label_words import find_translated_labels
from models.language.words.labels import spell_labels
from models.language.words.number_words import chinese_value, write_digits
from models.language.words.reading import HAN, TAKEN, WORD
from models.language.words.vocabulary import Vocabulary

MOST_CHARACTERS = 2_000
"""The most characters of a text."""
LINK = re.compile(r"://|www\.|@|[<>{}\[\]\\`*_#|]|(?<![a-zA-Z])[a-zA-Z][a-zA-Z0-9-]+\.[a-zA-Z]{2,}")
"""What belongs to links, addresses and markup, which a text has in names alone."""
HIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""What is not seen, and could part a name or turn the direction of a text."""
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
QUOTED = re.compile(r"[\"“”„«»‹›《》〈〉「」『』]([^\"“”„«»‹›《》〈〉「」『』]*)[\"“”„«»‹›《》〈〉「」『』]")
SINGLE_QUOTED = re.compile(rf"(?<![^\W{HAN}])['‘’‚]([^'‘’‚]+)['‘’](?![^\W{HAN}])")
"""Single marks stand at a blank or a sign; within or after a word they are apostrophes."""
SENTENCE_END = re.compile(rf"(?:^|[.!?…。！？\n])[\s\"“”„«»{TAKEN}]*$")
PAUSE = re.compile(rf"[:;：；(（–—-][\s\"“”„«»{TAKEN}]*$")
"""After it a sentence may begin, but a name may as well stand."""
HAS_HAN = re.compile(rf"[{HAN}]")
LETTERS = re.compile(rf"[^\W\d_{HAN}]{{2,}}")
SPEAKER = re.compile(r"I(?:['’]\w+)?")
"""The English pronoun, which has a capital anywhere."""
NOUN_CAPITALS = "de"
"""The language whose nouns begin with a capital."""
FORMAL = re.compile(r"Sie|Ihnen|Ihr(?:e[mnrs]?)?")
"""The German pronouns of polite address, which have a capital anywhere."""
NUMERAL = re.compile(
    r"[零〇一二两三四五六七八九十百千万亿]{2,}|[二两三四五六七八九十百千](?=[次位人名天集季倍成届项岁颗])|[万亿](?=[人次元部])"
)
"""Chinese numerals that are not written as digits before."""
GREAT = frozenset("千万亿")
"""Signs of numbers that are not read, and so are no facts."""
IDIOM = re.compile(r"十分|万一|百分之百|千万别|万万|一一|三三两两|十全十美")
"""Chinese words that have numerals and name no number."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The names, words and numbers that a text may use, and the longer texts whose words it may use."""

    names: tuple[str, ...]  # titles, labels and other values as they stand
    texts: tuple[str, ...] = ()  # whose words and numbers may be used one by one
    numbers: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """All that texts of one catalogue may name: the titles of its items, and the labels of its fields."""

    titles: TitleIndex
    labels: Vocabulary
    languages: tuple[str, ...] = tuple(FRAMES)


def find_unsupported(text: str, facts: Facts, names: Names, language: str) -> str | None:
    """The first part of a text that is not among its facts; None for a text that may be shown.

    The language is the one that was asked for; a text may be of another.
    """
    if not text.strip() or len(text) > MOST_CHARACTERS:
        return f"a text of {len(text)} characters"
    if hidden := HIDDEN.search(text):
        return hidden.group()
    if (title := _find_title(text, facts, names)) is not None:
        return title
    rest = _mask(text, facts.names)
    checks = (_find_link, _find_quotation, _find_number, _find_label, _find_name)
    return next((found for check in checks if (found := check(rest, facts, names, language))), None)


def _find_title(text: str, facts: Facts, names: Names) -> str | None:
    """The first title of the catalogue in the text that is no name of the facts."""
    known = {words for name in facts.names for words in split_title(name)}
    for mention in names.titles.find(text, lambda word: is_frame(word, names.languages), capitals=True):
        part = text[mention.start : mention.end]
        if _fold(part) not in known and not _is_within(part, facts):
            return part
    return None


def _is_within(part: str, facts: Facts) -> bool:
    """True if the words of a part stand side by side in a name or text of the facts."""
    words = _fold(part)
    sides = (_fold(side) for side in (*facts.names, *facts.texts))
    return any(
        words == side[at : at + len(words)] for side in sides for at in range(len(side) - len(words) + 1)
    )


def _fold(text: str) -> Words:
    return tuple(word.casefold() for word in TITLE_WORD.findall(text))


def _mask(text: str, names: Iterable[str]) -> str:
    """The text with the names of the facts taken out, the longest first, in each of their spellings."""
    spellings = sorted({spelling for name in names for spelling in _spell(name)}, key=len, reverse=True)
    for spelling in spellings:
        begin = r"(?<!\w)" if not HAS_HAN.match(spelling) else ""
        end = r"(?!\w)" if not HAS_HAN.match(spelling[-1]) else ""
        pattern = re.compile(f"{begin}{re.escape(spelling)}{end}", re.IGNORECASE)
        text = pattern.sub(lambda match: TAKEN * len(match.group()), text)
    return text


def _spell(name: str) -> Iterator[str]:
    """A name as it stands, without brackets, up to a colon, and with its article in front."""
    whole = " ".join(name.split())
    plain = BRACKETS.sub("", whole).strip()
    moved = MOVED_ARTICLE.match(plain)
    front = (f"{moved[2]} {moved[1]}", moved[1]) if moved else ()
    yield from filter(None, (whole, plain, plain.split(":")[0].strip(), *front))


def _find_link(rest: str, _facts: Facts, _names: Names, _language: str) -> str | None:
    """A part of a link or of markup outside the facts' names."""
    link = LINK.search(rest)
    return None if link is None else link.group()


def _find_quotation(rest: str, _facts: Facts, _names: Names, _language: str) -> str | None:
    """A quotation of something else than the facts' names."""
    quotations = (*QUOTED.finditer(rest), *SINGLE_QUOTED.finditer(rest))
    return next((quotation.group() for quotation in quotations if WORD.search(quotation[1])), None)


def _find_number(rest: str, facts: Facts, _names: Names, language: str) -> str | None:
    """A number, in digits or words, that is none of the facts."""
    digits = IDIOM.sub(lambda match: TAKEN * len(match.group()), rest)
    for known in dict.fromkeys(("zh", language, "en")):
        digits, _ = write_digits(digits, [known])
    written = {token for text in facts.texts for token in NUMBER.findall(text)}
    written |= {
        token
        for name in facts.names
        for part in BRACKETS.findall(name)  # such as a year
        for token in NUMBER.findall(part)
    }
    for token in NUMBER.findall(digits):
        values = {token.replace(",", "."), re.sub("[.,]", "", token)}
        if token not in written and not any(_read(value) in facts.numbers for value in values):
            return str(token)
    numerals = (match.group() for match in NUMERAL.finditer(digits))
    return next(
        (each for each in numerals if set(each) & GREAT or chinese_value(each) not in facts.numbers), None
    )


def _read(token: str) -> float | None:
    try:
        return float(token)
    except ValueError:
        return None


def _find_label(rest: str, facts: Facts, names: Names, _language: str) -> str | None:
    """A label of the catalogue's, by its spelling or in another language, that the facts have not."""
    known = {name.casefold() for name in facts.names}
    words = {word for text in facts.texts for word in _fold(text)}
    found = (*spell_labels(rest, names.labels), *find_translated_labels(rest, names.labels))
    for part, label in found:
        values = {label.value.casefold(), label.name.casefold()}
        if not values & known and not set(_fold(part)) <= words:
            return part
    return None


def _find_name(rest: str, facts: Facts, names: Names, language: str) -> str | None:
    """A word with a capital within a sentence, or of letters among Chinese characters, that the facts have not.

    In German, whose nouns have capitals, two of them side by side.
    """
    words = {word for text in (*facts.names, *facts.texts) for word in _fold(text)}
    if HAS_HAN.search(rest):
        return next((word for word in LETTERS.findall(rest) if word.casefold() not in words), None)
    strange: list[re.Match[str]] = []
    for word in WORD.finditer(rest):
        token = word.group()
        if not token[0].isupper() or SPEAKER.fullmatch(token) or set(_fold(token)) <= words:
            continue
        before = rest[: word.start()]
        if SENTENCE_END.search(before) or (PAUSE.search(before) and is_frame(token, names.languages)):
            continue
        if language == NOUN_CAPITALS and FORMAL.fullmatch(token):
            continue
        if language != NOUN_CAPITALS:
            return token
        if strange and rest[strange[-1].end() : word.start()].isspace():
            return rest[strange[-1].start() : word.end()]
        strange.append(word)
    return None
