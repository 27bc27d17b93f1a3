"""References to places of a list: "the first two", "the third", "all of them", "the others", in five languages."""

import re
from dataclasses import dataclass
from enum import StrEnum

NUMBERS = {
    "en": "one two three four five six seven eight nine ten",
    "de": "ein zwei drei vier fünf sechs sieben acht neun zehn",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez",
    "fr": "un deux trois quatre cinq six sept huit neuf dix",
    "zh": "一 二 三 四 五 六 七 八 九 十",
}
ORDINALS = {
    "en": "first second third fourth fifth sixth seventh eighth ninth tenth",
    "de": "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte",
    "es": "primer segund tercer cuart quint sext séptim octav noven décim",
    "fr": "premi deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième",
}
"""Stems; an ending of gender, number or case may follow."""
ENDINGS = {"en": "", "de": "[nrms]?", "es": "[oa]?s?", "fr": "(?:ers?|ères?|s)?"}
LAST = "last|letzte[nrms]?|últim[oa]s?|derni(?:er|ère)s?"
COUNTED = "个|個|部|项|項|首|本|件|款|位|条|條|集"
COUNTS = {word: place for words in NUMBERS.values() for place, word in enumerate(words.split(), start=1)} | {
    "beiden": 2,
    "both": 2,
    "两": 2,
    "兩": 2,
    "俩": 2,
}


class Whole(StrEnum):
    """References to the list as a whole."""

    ALL = "all"
    BOTH = "both"  # both items of a list of two
    OTHERS = "others"  # the items to which nothing else in the critique refers
    EXCEPT = "except"  # what follows is not meant


@dataclass(frozen=True, slots=True)
class PlaceReference:
    """A reference in a text: places counted from 0 or, if negative, from the end; or the list as a whole."""

    start: int
    end: int
    places: tuple[int, ...] = ()
    whole: Whole | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said of an item, as of place 0 or of what others are only compared with."""
        return not self.places and self.whole is None


def _join(words: list[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_NUMBER_WORDS = _join([word for words in NUMBERS.values() for word in words.split() if word.isalpha()])
_COUNT = rf"\d+|{_join([word for word in COUNTS if word.isascii() or word.isalpha()])}"
_LIST = r"\d{1,2}(?:\s*(?:,|and|&|und|y|et|和)\s*#?\d{1,2})*"
_YES_NO = "yes|no|ja|nein|sí|oui|non"
_FIRST = "|".join(ORDINALS[name].split()[0] + ENDINGS[name] for name in ORDINALS)
_PLACES = "|".join(
    f"(?P<{name}{place}>{stem}{ENDINGS[name]})"
    for name, stems in ORDINALS.items()
    for place, stem in enumerate(stems.split())
)
_PATTERNS = (
    rf"第\s*(?P<zh_place>\d+|[{NUMBERS['zh'].replace(' ', '')}])(?:{COUNTED})?",
    rf"前(?:面)?(?P<zh_first>\d+|[{NUMBERS['zh'].replace(' ', '')}两兩俩])(?:{COUNTED})?",
    rf"(?:最后|最後|后面|後面|后)(?P<zh_last>\d+|[{NUMBERS['zh'].replace(' ', '')}两兩俩])?(?:{COUNTED})?",
    r"(?P<zh_others>其他|其它|其余|其餘|剩下|别的|別的)(?:的)?|(?P<zh_all>全部|全都|所有|每个|每部|都|(?<=没有)一[个部]|(?<=没)一[个部])",
    r"(?P<zh_except>除了|除)",
    rf"(?<!\w)(?:(?:{_FIRST})\s+(?P<first_a>{_COUNT})|(?P<first_b>{_COUNT})\s+(?:{_FIRST}))(?!\w)",
    rf"(?<!\w)(?:(?:{LAST})\s+(?P<last_a>{_COUNT})|(?P<last_b>{_COUNT})\s+(?:{LAST}))(?!\w)",
    r"(?<!\w)(?P<digits>\d+)(?:st|nd|rd|th|er|ère|e|ème|º|ª)(?!\w)",
    rf"(?:(?<!\w)(?:numbers?|nummern?|nr\.?|números?|numéros?|items?|films?|movies?|filme|películas?)\s*|#\s*)"
    rf"(?P<number>{_LIST})(?!\w)",
    rf"(?<!\w)(?:number|nummer|número|numéro)\s+(?P<number_word>{_NUMBER_WORDS})(?!\w)",
    rf"(?:^|(?<=, )|(?<=\. )|(?<=not )|(?<=but ))(?P<bare>{_LIST})"
    rf"(?=\s*(?:$|[,.;:!?]|(?:are|is|was|were|please|sind|ist|{_YES_NO})(?!\w)))",
    rf"(?<!\w)(?:{_PLACES})(?!\w)",
    rf"(?<!\w)(?P<last>{LAST})(?!\w)",
    r"(?<!\w)(?P<except>except|(?<=all )but|(?<=none )but|(?<=nothing )but|(?<=everything )but|außer|bis auf|excepto"
    r"|(?<=todos )menos|(?<=todas )menos|(?<=ninguno )menos|(?<=ninguna )menos|salvo|sauf)(?!\w)",
    r"(?<!\w)(?P<others>others?|rest|anderen|übrigen|demás|otr[oa]s|resto|autres|reste)(?!\w)",
    r"(?<!\w)(?P<all>all|every(?:thing| one)|(?<=none )of (?:them|these|those)"
    r"|any of (?:them|these|those)|alles?|(?<=keiner )davon|todos|todas"
    r"|(?<=ninguno )de ellos|tous|toutes|(?<=aucun )d'entre eux)(?!\w)",
    r"(?<!\w)(?P<both>both|beide|ambos|ambas)(?!\w)",
)
_REFERENCE = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))
_COMPARED = re.compile(
    r"(?:(?<!\w)(?:than|besser als|schlechter als|lieber .*als|(?:mejor|peor) que|(?:meilleure?s?|pire|mieux) que"
    r"|as \w+ as|so \w+ wie|tan \w+ como|aussi \w+ que|prefer\w*\s[^,;.!?]*\b(?:to|over))(?:\s+\w{1,3})?\s+|比)$"
)
"""What stands before the second part of a comparison: "the first is better than the second" judges the first."""
_WHOLES = {
    "others": Whole.OTHERS,
    "zh_others": Whole.OTHERS,
    "all": Whole.ALL,
    "both": Whole.BOTH,
    "zh_all": Whole.ALL,
    "except": Whole.EXCEPT,
    "zh_except": Whole.EXCEPT,
}


def find_places(text: str) -> list[PlaceReference]:
    """The references in a text in lower case, in order; one that others are compared with has no places."""
    return [
        PlaceReference(*found.span()) if _COMPARED.search(text, 0, found.start()) else _read(found)
        for found in _REFERENCE.finditer(text)
    ]


def count_items(text: str) -> int | None:
    """The number that a text in lower case is, such as "three"; None for another text, and for none."""
    return (int(text) if text.isdigit() else COUNTS.get(text)) or None


def _read(found: re.Match[str]) -> PlaceReference:
    ((name, word),) = [(name, word) for name, word in found.groupdict().items() if word is not None][:1] or [
        ("zh_last", "一")
    ]
    start, end = found.span()
    if name in _WHOLES:
        return PlaceReference(start, end, whole=_WHOLES[name])
    match name:
        case "first_a" | "first_b" | "zh_first":
            return PlaceReference(start, end, tuple(range(_count(word))))
        case "last_a" | "last_b" | "zh_last":
            return PlaceReference(start, end, tuple(range(-_count(word), 0)))
        case "last":
            return PlaceReference(start, end, (-1,))
        case "number" | "bare":
            counted = [int(digits) for digits in re.findall(r"\d+", word)]
        case "digits" | "zh_place" | "number_word":
            counted = [_count(word)]
        case _:
            counted = [int(re.sub(r"\D", "", name)) + 1]
    # A list has no place 0; counted from 0 it would be the last one.
    return PlaceReference(start, end, tuple(place - 1 for place in counted if place > 0))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else COUNTS[word]
