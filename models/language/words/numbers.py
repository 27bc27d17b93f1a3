"""Read the conditions on numbers: years, decades, prices, lengths, and fields that are named."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from models.language.plan import Comparison, PlannedNumber
from models.language.words.clauses import find_refusal
from models.language.words.comparators import (
    AFTER,
    BEFORE,
    BETWEEN,
    DASH,
    DECADE_BEFORE,
    NEGATION,
    NUMBER,
    OPPOSITE,
    UNIT,
    YEAR_WORDS,
    alternatives,
    flags_of,
)
from models.language.words.reading import Reading, matches_words
from models.language.words.vocabulary import NumberField, NumberKind, Vocabulary, split_name

DECADE_WORDS = re.compile(r"(?:años|(?:de|en) los|ann[ée]es|anni|anos|jaren)\s+['’]?$", re.IGNORECASE)
"""Before a number of two digits they make it a decade."""
ORDER = (Comparison.LTE, Comparison.GTE, Comparison.LT, Comparison.GT)
FIRST_YEAR = 1000
"""The smallest number that may be a year."""
YEAR_DIGITS = re.compile(r"1\d{3}|20\d\d|21\d\d")
IN_YEAR = r"in|from|of|aus|von|im|de|del|en|dal|del|nel|di|do|van|uit|в|from the|since"
ARTICLES = r"(?:the |den |dem |der |die |les |l['’]|le |los |las |el |la |il |gli |lo |os |o |de |het )?"


def _number(prefix: str) -> str:
    return rf"{ARTICLES}(?:{YEAR_WORDS} )?(?:{DECADE_BEFORE} )?" + NUMBER.format(prefix)


FROM, TO = BETWEEN[0]
RANGE = matches_words(
    rf"{NEGATION}(?:(?:{FROM})\s*{_number('a')}{UNIT}(?:\s*(?:{TO})\s*|{DASH})"
    rf"|{NUMBER.format('x')}年?(?:{DASH}|\s*[到至]\s*))"
    + re.sub(r"\(\?P<(money|minutes|hours|seconds|years)>", r"(?P<to_\1>", _number("b") + UNIT)
    + r"(?:之间|间)?"
)
COMPARED = matches_words(rf"{NEGATION}(?:{alternatives(BEFORE)})\s*{_number('a')}{UNIT}")
FOLLOWED = matches_words(rf"{_number('a')}{UNIT}\s*(?:{alternatives(AFTER)})(?:的)?")
DATED = matches_words(rf"{NEGATION}(?:(?:{IN_YEAR})\s+)?{_number('a')}(?P<years>年|г(?:ода|оду|од)?\.?)?")
NAMED = matches_words(rf"{_number('a')}")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit; a decade has two ends."""

    low: float
    high: float
    unit: str  # the group of the unit that matched; "" for none
    is_decade: bool = False


def read_numbers(reading: Reading, vocabulary: Vocabulary) -> list[PlannedNumber]:
    """The conditions on numbers, each in the order of the rules; what is read is taken out."""
    if not vocabulary.numbers:
        return []
    conditions: list[PlannedNumber] = []
    for rule in (_read_ranges, _read_comparisons, _read_dates):
        conditions += rule(reading, vocabulary)
    return list(dict.fromkeys(conditions))


def _read_ranges(reading: Reading, vocabulary: Vocabulary) -> Iterator[PlannedNumber]:
    for match in reading.find(RANGE):
        prefix = "a" if match["an"] else "x"
        unit = _unit(match) or _unit(match, "to_")
        low, high = _quantity(match, prefix, unit, vocabulary), _quantity(match, "b", unit, vocabulary)
        found = _choose(reading, match, high, vocabulary)
        if found is None or match["negated"] or low.low > high.high:
            continue
        chosen, scale = found
        start, end = _widen(reading, match, chosen)
        reading.take(start, end)
        yield PlannedNumber(chosen.name, Comparison.GTE, low.low * scale)
        yield PlannedNumber(chosen.name, Comparison.LTE, high.high * scale)


def _read_comparisons(reading: Reading, vocabulary: Vocabulary) -> Iterator[PlannedNumber]:
    for pattern in (COMPARED, FOLLOWED):
        for match in reading.find(pattern):
            comparison = flags_of(match, ORDER)
            quantity = _quantity(match, "a", _unit(match), vocabulary)
            found = _choose(reading, match, quantity, vocabulary)
            if comparison is None or found is None:
                continue
            far = None
            if not match.groupdict().get("negated"):
                far = find_refusal(reading.text[: match.start()], reading.languages)
            if match.groupdict().get("negated") or far is not None:
                comparison = OPPOSITE[comparison]
            chosen, scale = found
            is_low = comparison in (Comparison.LT, Comparison.GTE)
            start, end = _widen(reading, match, chosen)
            reading.take(start if far is None else far, end)
            yield PlannedNumber(chosen.name, comparison, (quantity.low if is_low else quantity.high) * scale)


def _read_dates(reading: Reading, vocabulary: Vocabulary) -> Iterator[PlannedNumber]:
    """Years and decades without a comparison: "in 1994", "from the 80s", 90年代."""
    chosen = vocabulary.number_field(NumberKind.YEAR)
    if chosen is None:
        return
    wanted: list[Quantity] = []
    for match in reading.find(DATED):
        quantity = _quantity(match, "a", "", vocabulary)
        is_year = bool(YEAR_DIGITS.fullmatch(match["an"])) and not match["ac"]
        if not quantity.is_decade and not (is_year and _is_year(reading, match, int(quantity.low), chosen)):
            continue
        refusal = find_refusal(reading.text[: match.start()], reading.languages)
        is_refused = bool(match["negated"]) or refusal is not None
        start = match.start() if refusal is None else refusal
        if not is_refused:
            part = PART_OF_DECADE.search(reading.text[: match.start()]) if quantity.is_decade else None
            start = match.start() if part is None else part.start()
            wanted.append(quantity if part is None else _narrow_decade(quantity, part.lastgroup or ""))
        elif is_year and not quantity.is_decade:
            yield PlannedNumber(chosen.name, Comparison.NE, quantity.low)
        else:
            continue  # outside of a decade: two conditions of which one is enough
        reading.take(start, match.end())
        if len(wanted) > 1 and (between := BESIDE_DATE.search(reading.text[: match.start()])):
            reading.take(*between.span())
    if not wanted:
        return
    low, high = min(date.low for date in wanted), max(date.high for date in wanted)
    if low == high:
        yield PlannedNumber(chosen.name, Comparison.EQ, low)
    else:  # of several dates the years from the first to the last
        yield PlannedNumber(chosen.name, Comparison.GTE, low)
        yield PlannedNumber(chosen.name, Comparison.LTE, high)


def is_round(number: int) -> bool:
    """True for a number of four digits that rather counts items than names a year, such as 1000."""
    return FIRST_YEAR <= number <= 9999 and number % 100 == 0


def _is_year(reading: Reading, match: re.Match[str], number: int, years: NumberField) -> bool:
    """True unless a word follows a round number that is no year of the catalogue: "1000 films"."""
    is_known = years.lowest <= number <= years.highest
    return is_known or not is_round(number) or not COUNTED.match(reading.text, match.end())


PART_OF_DECADE = re.compile(
    r"(?:(?:from|in|of|aus|im|vom) )?(?:(?:the|les|los|gli) )?(?:(?P<early>early|anfang der|début des"
    r"|principios de los)"
    r"|(?P<mid>mid|middle|mitte der|milieu des|mediados de los)|(?P<late>late|ende der|fin des"
    r"|finales de los))[ -]+$",
    re.IGNORECASE,
)


def _narrow_decade(decade: Quantity, part: str) -> Quantity:
    """The first four years of a decade, the three in its middle, or the last three."""
    first, last = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}[part]
    return replace(decade, low=decade.low + first, high=decade.low + last)


BESIDE_DATE = re.compile(
    r"(?<=\x1f)\s*(?:,|and|or|und|oder|et|ou|y|o|e|en|of|и|или|和|或者?|、)\s*$", re.IGNORECASE
)


def _quantity(match: re.Match[str], prefix: str, unit: str, vocabulary: Vocabulary) -> Quantity:
    digits, decade = match[f"{prefix}n"], match[f"{prefix}d"]
    if match[f"{prefix}c"]:
        unit = "money"
    named = len(digits) == 2 and DECADE_WORDS.search(match.string[: match.start(f"{prefix}n")])
    if (decade or named) and len(digits) in (2, 4) and digits.isdigit() and digits.endswith("0"):
        low = float(digits) if len(digits) == 4 else _century(int(digits), vocabulary) + float(digits)
        span = 99 if len(digits) == 4 and digits.endswith("00") and digits != "2000" else 9
        return Quantity(low, low + span, "", is_decade=True)
    if re.fullmatch(r"\d{1,3}(?:[ .,]\d{3})+", digits):
        value = float(re.sub(r"\D", "", digits))
    else:
        value = float(digits.replace(",", "."))
    return Quantity(value, value, unit)


def _century(decade: int, vocabulary: Vocabulary) -> int:
    """The century of a decade of two digits: the last one that the catalogue reaches."""
    years = vocabulary.number_field(NumberKind.YEAR)
    return 2000 if decade < 30 and (years is None or years.highest >= 2000 + decade) else 1900


def _unit(match: re.Match[str], prefix: str = "") -> str:
    groups = match.groupdict()
    names = ("money", "minutes", "hours", "seconds", "years")
    return next((name for name in names if groups.get(f"{prefix}{name}")), "")


def _choose(
    reading: Reading, match: re.Match[str], quantity: Quantity, vocabulary: Vocabulary
) -> tuple[NumberField, float] | None:
    """The field that a number is about, and the factor to its unit; None if no field fits."""
    if quantity.unit == "money":
        price = vocabulary.number_field(NumberKind.PRICE)
        return None if price is None else (price, 1.0)
    if quantity.unit in ("minutes", "hours", "seconds"):
        length = vocabulary.number_field(NumberKind.LENGTH)
        seconds = {"minutes": 60.0, "hours": 3600.0, "seconds": 1.0}[quantity.unit]
        return None if length is None else (length, seconds / length.unit_seconds)
    named = _named_field(reading, match, vocabulary)
    if named is not None:
        return named, 1.0
    years, price = (vocabulary.number_field(kind) for kind in (NumberKind.YEAR, NumberKind.PRICE))
    digits = str(int(quantity.low))
    if years is not None and (
        quantity.is_decade or quantity.unit == "years" or YEAR_DIGITS.fullmatch(digits)
    ):
        return years, 1.0
    if quantity.is_decade or quantity.unit == "years" or _counts_items(reading, match):
        return None
    words = match.group().casefold()
    if price is not None and not re.search(r"long|länger|kürzer|short|star|stern|page|seite", words):
        return price, 1.0
    length = vocabulary.number_field(NumberKind.LENGTH)
    return (length, 1.0) if length is not None and re.search(r"longer|shorter|länger|kürzer", words) else None


COUNTED = re.compile(
    r"\s*[部个本款件首]|\s+(?!(?:but|and|or|und|aber|oder|et|mais|y|pero|e|en|и|но)(?!\w))[^\W\d_]"
)


def _counts_items(reading: Reading, match: re.Match[str]) -> bool:
    """True if a word follows the number, which then counts something."""
    return bool(COUNTED.match(reading.text, match.end()))


BESIDE = 24
"""Characters around a number in which the name of a field is looked for."""


def _named_field(reading: Reading, match: re.Match[str], vocabulary: Vocabulary) -> NumberField | None:
    around = _around(reading, match)
    for number in vocabulary.numbers:
        if _name_pattern(number).search(around):
            return number
    return None


def _around(reading: Reading, match: re.Match[str]) -> str:
    start = max(0, match.start() - BESIDE)
    before = re.split(r"[,.;，。；\x1f]", reading.text[start : match.start()])[-1]
    after = re.split(r"[,.;，。；\x1f]", reading.text[match.end() : match.end() + BESIDE])[0]
    return f"{before} \n {after}"


RATED = (
    r"rated|ratings?|stars?|sterne?n?|étoiles?|estrellas?|stelle|estrelas?|sterren|звезд\w*|星|评分"
    r"|bewertet|bewertung|noté\w*|puntuación|voto|score"
)


def _name_pattern(number: NumberField) -> re.Pattern[str]:
    """The words that name a field: those of its name, in singular and plural."""
    if number.kind is NumberKind.RATING:
        return matches_words(RATED)
    words = [word for word in split_name(number.name) if len(word) > 2]
    names = "|".join(re.escape(word.removesuffix("s")) + "(?:s|en|n|es)?" for word in words)
    return matches_words(names or r"(?!)")


LENGTHS = re.compile(
    r"\s*(?:long|in length|lang|Länge|de durée|de long|de duración|di durata|de duração)(?!\w)"
)


def _widen(reading: Reading, match: re.Match[str], chosen: NumberField) -> tuple[int, int]:
    """The span of a match and, right beside it, the words that name its field."""
    start, end = match.span()
    named = re.compile(rf"\s*(?:{_name_pattern(chosen).pattern})", re.IGNORECASE).match(reading.text, end)
    if named is None and chosen.kind is NumberKind.LENGTH:
        named = LENGTHS.match(reading.text, end)
    if named is not None:
        end = named.end()
    before = list(_name_pattern(chosen).finditer(reading.text, max(0, start - BESIDE), start))
    if before and not reading.text[before[-1].end() : start].strip(" :"):
        start = before[-1].start()
    return start, end
