"""Write the number words of a clause as digits: "drei", "nineties", 九十年代.

The package text2num reads them in the languages that it has. It has no Chinese, whose digits Unicode gives, and no
names of decades.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from text_to_num.transforms import LANG as LIBRARY_LANGUAGES  # type: ignore[attr-defined]
from text_to_num.transforms import text2num

from models.language.words.reading import WORD

LANGUAGES = frozenset(LIBRARY_LANGUAGES)
MOST_WORDS = 4
"""The most words of one number: "quatre vingt dix neuf"."""
KEPT = frozenset(
    {
        "one",
        "a",
        "un",
        "une",
        "uno",
        "una",
        "um",
        "uma",
        "ein",
        "eine",
        "einen",
        "een",
        "один",
        "одна",
        "одну",
        "zero",
    }
)
"""Number words that are mostly articles."""
DECADES = {
    "en": "twenties thirties forties fifties sixties seventies eighties nineties",
    "de": "zwanziger dreißiger vierziger fünfziger sechziger siebziger achtziger neunziger",
    "ru": "двадцатых тридцатых сороковых пятидесятых шестидесятых семидесятых восьмидесятых девяностых",
}
TENS = {
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "nl": "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
}
UNITS = {
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf",
}
"""The numbers of the two languages that text2num 2 does not have."""
OTHERS = {
    language: {word: str(20 + 10 * number) for number, word in enumerate(TENS[language].split())}
    | {word: str(2 + number) for number, word in enumerate(UNITS[language].split())}
    for language in TENS
}
COUNTS: Mapping[str, Mapping[str, int]] = {
    "en": {"a couple of": 2, "half a dozen": 6, "a half dozen": 6, "a dozen": 12},
    "de": {"ein halbes dutzend": 6, "ein dutzend": 12},
    "fr": {
        "une demi-douzaine de": 6,
        "une demi-douzaine d'": 6,
        "une douzaine de": 12,
        "une douzaine d'": 12,
    },
    "es": {"un par de": 2, "media docena de": 6, "una docena de": 12},
    "it": {"un paio di": 2, "mezza dozzina di": 6, "una mezza dozzina di": 6, "una dozzina di": 12},
    "pt": {"um par de": 2, "meia dúzia de": 6, "uma dúzia de": 12},
    "nl": {"een half dozijn": 6, "een dozijn": 12},
    "ru": {"пару": 2, "полдюжины": 6, "дюжину": 12},
}
"""Language -> other names of numbers, which no other language has."""
COUNT_OF = {words: count for counts in COUNTS.values() for words, count in counts.items()}
COUNT = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(COUNT_OF, key=len, reverse=True))})(?:(?<=')|(?!\w))", re.IGNORECASE
)
DECADE_OF = {
    word: f"{20 + 10 * number}s" for words in DECADES.values() for number, word in enumerate(words.split())
}
DECADE_ENDING = re.compile(r"(?<=iger)(?:n|-?jahren?)$")
CHINESE = re.compile(r"[零〇一二两三四五六七八九十百]+(?=[年部个本件款首张双条集套分小块元欧美])")
ESTIMATE = re.compile(
    r"(?P<tens>(?:[二三四五六七八九]?十)?)(?P<low>[一二两三四五六七八])(?P<high>[二两三四五六七八九])(?P<ten>十?)"
)
"""Two digits one after the other: 五六 is five or six, 十五六 fifteen or sixteen, 二三十 twenty or thirty."""
ESTIMATED_DECADES = re.compile(r"(?P<low>[二三四五六七八])(?P<high>[三四五六七八九])十")
FIRST_YEAR = 1900
CHINESE_DIGITS = {"两": 2, "〇": 0, "十": 10, "百": 100}


class NumberWord(NamedTuple):
    """Digits that were written for words."""

    digits: str
    words: str


def write_digits(text: str, languages: Sequence[str]) -> tuple[str, tuple[NumberWord, ...]]:
    """The text with digits for number words, and the words that stood for them, in order."""
    spans = _chinese_spans(text) if "zh" in languages else _word_spans(text, languages)
    parts, position = list[str](), 0
    for start, end, digits in spans:
        parts += [text[position:start], digits]
        position = end
    numbers = tuple(NumberWord(digits, text[start:end]) for start, end, digits in spans)
    return "".join([*parts, text[position:]]), numbers


def restore_words(text: str, numbers: Sequence[NumberWord]) -> str:
    """A part of the text with the number words that were given."""
    for number in numbers:
        text = re.sub(rf"(?<!\w){number.digits}(?!\w)", lambda _, words=number.words: words, text, count=1)  # type: ignore[misc]
    return text


def _word_spans(text: str, languages: Sequence[str]) -> list[tuple[int, int, str]]:
    """(start, end, digits) of the number words of a text."""
    words, index = list(WORD.finditer(text)), 0
    spans = [(*found.span(), str(COUNT_OF[found.group().casefold()])) for found in COUNT.finditer(text)]
    words = [word for word in words if not any(start <= word.start() < end for start, end, _ in spans)]
    while index < len(words):
        for count in range(min(MOST_WORDS, len(words) - index), 0, -1):
            start, end = words[index].start(), words[index + count - 1].end()
            word = text[start:end].casefold()
            digits = next(filter(None, (_digits(word, language) for language in languages)), None)
            if digits is not None:
                spans.append((start, end, digits))
                index += count - 1
                break
        index += 1
    return sorted(spans)


def _digits(words: str, language: str) -> str | None:
    decade = DECADE_ENDING.sub("", words)
    if decade in DECADE_OF:
        return DECADE_OF[decade]
    if language in OTHERS and words in OTHERS[language]:
        return OTHERS[language][words]
    if words in KEPT or words[-1:].isdigit() or language not in LANGUAGES or any(c in words for c in ",.;"):
        return None
    try:
        return str(text2num(words, language))
    except ValueError:
        return None


def _chinese_spans(text: str) -> list[tuple[int, int, str]]:
    spans = []
    for match in CHINESE.finditer(text):
        if match.group() == "一" and not text[match.end() :].startswith("年"):
            continue
        spans.append((*match.span(), _chinese_digits(match.group(), text[match.end() :])))
    return spans


def _chinese_digits(numeral: str, after: str) -> str:
    """The digits of a numeral: of an estimate such as 五六部 the larger one; a year of two digits is of 19xx."""
    if after.startswith("年代") and (pair := ESTIMATED_DECADES.fullmatch(numeral)):
        return f"{chinese_value(pair['low'])}0年代到{chinese_value(pair['high'])}0"
    if after.startswith("年"):
        years = chinese_value(numeral)
        is_short = (
            len(numeral) == 2 and not set(numeral) & set(CHINESE_DIGITS) and not after.startswith("年代")
        )
        return str(FIRST_YEAR + years if is_short else years)
    if pair := ESTIMATE.fullmatch(numeral):
        low, high = (chinese_value(pair[name]) for name in ("low", "high"))
        if high == low + 1 < 10:
            return str(chinese_value(f"{pair['tens']}{pair['high']}{pair['ten']}"))
    return str(chinese_value(numeral))


def chinese_value(numeral: str) -> int:
    """The value of a numeral up to 999, or of digits that are read one by one, such as 一九九四."""
    values = [CHINESE_DIGITS.get(sign) or int(unicodedata.numeric(sign, 0)) for sign in numeral]
    if all(value < 10 for value in values):
        return int("".join(map(str, values)))
    total, pending = 0, 0
    for value in values:
        if value >= 10:
            total += max(pending, 1) * value
            pending = 0
        else:
            pending = value
    return total + pending
