"""Understand a critique of an answer: the items that it praises and refuses, and the plan of the next answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite
from statistics import median

from app.bundle.bundle import LoadedBundle
from app.bundle.title_table import title_field
from app.pipeline.query.understand import compile_query
from models.contract.feature_spec import FieldKind
from models.language.critique.amendment import amend_plan
from models.language.critique.reading import read_critique
from models.language.critique.wish import Relation
from models.language.plan import Comparison, Plan, PlannedNumber

FIELDS = {
    Relation.OLDER: ("year", "release", "date", "publi"),
    Relation.NEWER: ("year", "release", "date", "publi"),
    Relation.SHORTER: ("runtime", "duration", "length", "minutes", "pages"),
    Relation.LONGER: ("runtime", "duration", "length", "minutes", "pages"),
    Relation.CHEAPER: ("price", "cost"),
    Relation.DEARER: ("price", "cost"),
}
"""What is in the name of the numeric field that a comparison means."""
MOST_WISHES = 12
"""Wishes of a critique that are read, the last ones; each takes as long as a short query."""
MOST_CHARACTERS = 400
"""Characters of all wishes that are read, as the time of a query goes by its length; the last one is always read."""
LESS = frozenset({Relation.OLDER, Relation.SHORTER, Relation.CHEAPER})


@dataclass(frozen=True, slots=True)
class UnderstoodCritique:
    """The meaning of a critique for the next answer, by the ids of items."""

    praised: tuple[str, ...]
    refused: tuple[str, ...]
    seen: tuple[str, ...]  # known to the user already
    plan: Plan  # of the criticised answer, amended


def understand_critique(
    bundle: LoadedBundle, text: str, shown: Sequence[str], plan: Plan
) -> UnderstoodCritique:
    """Understand a critique of an answer that showed these items, best first, after a plan."""
    field, rows = title_field(bundle.spec), [bundle.catalogue.row(item_id) for item_id in shown]
    # An item that is gone keeps its place, so that "the third" stays the third.
    numbered = [
        (-1 - place if row is None else row, _title(bundle, row, field)) for place, row in enumerate(rows)
    ]
    critique = read_critique(text, numbered, bundle.titles.of(bundle.catalogue, field))
    ids = {number: item_id for (number, _title), item_id in zip(numbered, shown, strict=True)}

    def name(numbers: Sequence[int]) -> tuple[str, ...]:
        return tuple(ids.get(number) or bundle.catalogue.item(number).item_id for number in numbers)

    praised, refused = name(critique.praised), name(critique.refused)
    wishes = [compile_query(bundle, wish) for wish in _last(critique.wishes)]
    known = [row for row in rows if row is not None]
    compared = [_compare(bundle, relation, known) for relation in critique.relations]
    conditions = tuple(part for part in compared if part is not None)
    liked = praised if praised or not critique.wants_similar else tuple(shown)
    sides = (_known(bundle, item_ids) for item_ids in (liked, refused))
    amended = amend_plan(plan, [*wishes, Plan(conditions=conditions)], *sides)
    return UnderstoodCritique(praised, refused, name(critique.seen), amended)


def _last(wishes: Sequence[str]) -> Sequence[str]:
    """The last wishes, as many as are read."""
    lengths = accumulate(len(wish) for wish in reversed(wishes))
    count = sum(length <= MOST_CHARACTERS for length in lengths)
    return wishes[-min(max(count, 1), MOST_WISHES) :]


def _known(bundle: LoadedBundle, item_ids: Sequence[str]) -> tuple[str, ...]:
    """The ids that the catalogue has, as a plan can have no others."""
    return tuple(item_id for item_id in item_ids if bundle.catalogue.row(item_id) is not None)


def _title(bundle: LoadedBundle, row: int | None, field: str | None) -> str:
    return "" if row is None or field is None else str(bundle.catalogue.item(row).attributes.get(field, ""))


def _compare(bundle: LoadedBundle, relation: Relation, rows: Sequence[int]) -> PlannedNumber | None:
    """The condition of a comparison with the middle one of the shown items; None without a field that it can mean."""
    names = [field.name for field in bundle.spec.fields(FieldKind.NUMERIC)]
    field = next((name for part in FIELDS[relation] for name in names if part in name.casefold()), None)
    given = (bundle.catalogue.item(row).attributes.get(field or "") for row in rows)
    values = [float(value) for value in given if isinstance(value, int | float)]
    if field is None or not values:
        return None
    middle = median(values)
    comparison = Comparison.LT if relation in LESS else Comparison.GT
    return PlannedNumber(field, comparison, middle) if isfinite(middle) else None
