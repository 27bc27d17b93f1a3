"""The names in a catalogue that words can refer to: labels, numeric fields, titles and heads."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.language.protocol import Floats

EncodeTexts = Callable[[Sequence[str]], Floats]
"""n texts -> unit vectors [n, T]."""


class NumberKind(StrEnum):
    """The quantity that a numeric field measures, by which words and units refer to it."""

    YEAR = "year"
    PRICE = "price"
    LENGTH = "length"  # a duration
    RATING = "rating"
    OTHER = "other"  # named by the field's name alone


NAMES: Mapping[NumberKind, str] = {
    NumberKind.YEAR: (
        "year|years|released?|published|publication|date|jahr|erscheinungsjahr|année|annee|año|ano|anno"
        "|jaar|год|年份|年"
    ),
    NumberKind.PRICE: "price|prices|cost|costs|preis|prix|precio|prezzo|preço|preco|prijs|цена|usd|eur|价格|价",
    NumberKind.LENGTH: (
        "duration|runtime|length|minutes|mins?|seconds|hours|playtime|dauer|laufzeit|durée|duree"
        "|duración|duracion|durata|duração|duur|длительность|时长|片长"
    ),
    NumberKind.RATING: (
        "rating|ratings|stars?|score|bewertung|note|puntuación|valoración|voto|avaliação|рейтинг|评分"
    ),
}
"""Kind -> words of a field's name."""
YEARS = (1000, 2200)


@dataclass(frozen=True, slots=True)
class NumberField:
    """A numeric field, with the quartiles of its values in the catalogue."""

    name: str
    kind: NumberKind
    quartiles: tuple[float, float, float]
    lowest: float
    highest: float

    @property
    def unit_seconds(self) -> float:
        """Seconds of the unit of a LENGTH field, by its name or else by the size of its values."""
        words = set(split_name(self.name))
        if words & {"seconds", "secs", "sec", "s"}:
            return 1.0
        if words & {"hours", "hour", "h"}:
            return 3600.0
        if words & {"ms", "milliseconds"}:
            return 0.001
        return 1.0 if self.quartiles[1] >= 1000 else 60.0


@dataclass(frozen=True, slots=True)
class LabelName:
    """A label and the name by which words refer to it: its last level, if it is a path."""

    field: str
    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names in one version of a catalogue that words can refer to."""

    labels: tuple[LabelName, ...] = ()
    set_fields: frozenset[str] = frozenset()  # fields with several labels an item
    numbers: tuple[NumberField, ...] = ()
    titles: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )  # key -> item ids
    heads: tuple[str, ...] = ()
    by_key: Mapping[str, tuple[int, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )  # key -> label rows

    @classmethod
    def of(
        cls,
        labels: Iterable[LabelName],
        set_fields: Iterable[str] = (),
        numbers: Iterable[NumberField] = (),
        titles: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        heads: Iterable[str] = (),
    ) -> "Vocabulary":
        """The vocabulary, with its labels by their keys."""
        rows = tuple(labels)
        by_key: defaultdict[str, list[int]] = defaultdict(list)
        for number, label in enumerate(rows):
            for key in spell_keys(label.name):
                by_key[key].append(number)
        keys = {key: tuple(numbers) for key, numbers in by_key.items()}
        return cls(rows, frozenset(set_fields), tuple(numbers), titles, tuple(heads), keys)

    def number_field(self, kind: NumberKind) -> NumberField | None:
        """The first field of a kind; None without one."""
        return next((number for number in self.numbers if number.kind is kind), None)


def read_number_field(name: str, values: NDArray[np.float64]) -> NumberField | None:
    """The field with these values [n], of which NaN are missing; None without any value."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    first, middle, last = np.quantile(known, [0.25, 0.5, 0.75]).tolist()
    kind = _name_kind(name)
    if kind is NumberKind.YEAR and not YEARS[0] <= middle <= YEARS[1]:
        kind = NumberKind.OTHER
    return NumberField(name, kind, (first, middle, last), float(known.min()), float(known.max()))


def _name_kind(name: str) -> NumberKind:
    words = split_name(name)
    for kind, pattern in NAMES.items():
        if any(re.fullmatch(pattern, word) for word in words):
            return kind
    return NumberKind.OTHER


def split_name(name: str) -> list[str]:
    """The words of a field's name: runtime_minutes and runtimeMinutes -> runtime, minutes."""
    return [word.casefold() for word in re.findall(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])", name)]


def spell_key(text: str) -> str:
    """The letters and digits of a text in one case, without the plural's ending."""
    return spell_keys(text)[-1]


def spell_keys(text: str) -> tuple[str, ...]:
    """The letters and digits of a text in one case, and the same without an ending of the plural."""
    key = "".join(character for character in text.casefold() if character.isalnum())
    if key.endswith("ies") and len(key) > 5:
        return key, f"{key[:-3]}y"
    if key.endswith("s") and len(key) > 3 and not key.endswith("ss"):
        return key, key[:-1]
    return (key,)


ARTICLE_LAST = re.compile(
    r"^(?P<title>.+), (?P<article>the|a|an|der|die|das|le|la|les|l'|el|los|las|il|lo|i|gli|de|het)$",
    re.IGNORECASE,
)
LONGEST_TITLE = 100
"""Characters of a text that may be a title."""
YEAR_LAST = re.compile(r"\s*\(\d{4}\)\s*$")
ARTICLE_FIRST = re.compile(r"^(?:the|an?) ", re.IGNORECASE)
NO_LETTERS = re.compile(r"[\W_]+")
"""Characters that are neither letters nor numbers."""


def read_title_keys(value: object) -> tuple[str, ...]:
    """The keys of an item's value as a title; none for another value than a text of at most LONGEST_TITLE."""
    return title_keys(value) if isinstance(value, str) and 0 < len(value) <= LONGEST_TITLE else ()


def title_keys(title: str) -> tuple[str, ...]:
    """The keys of a title: "Matrix, The (1999)" is found as "the matrix" and as "matrix"."""
    plain = YEAR_LAST.sub("", title).strip()
    match = ARTICLE_LAST.match(plain)
    names = {plain}
    if match:
        names = {match["title"], f"{match['article']} {match['title']}"}
    names |= {ARTICLE_FIRST.sub("", name) for name in names}
    return tuple(key for key in {_title_key(name) for name in names} if key)


def _title_key(name: str) -> str:
    return NO_LETTERS.sub("", name.casefold())
