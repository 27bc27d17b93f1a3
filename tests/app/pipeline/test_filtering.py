"""Filters against a naive reading of the same predicate, item by item."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bundle.attribute_index import AttributeIndex
from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemRow
from app.pipeline.filtering import filter_rows
from models.contract.catalogue import Item, UserState
from models.contract.events import Event
from models.contract.feature_spec import FeatureSpec
from models.contract.predicate import All, AnyOf, Compare, Not, Operator
from models.contract.vocabulary import Vocabulary

LABELS = ("a", "b", "c")
ITEM_VALUES = st.one_of(
    st.sampled_from(LABELS),
    st.sampled_from([0.0, 1.0, 2.5, math.nan]),
    st.lists(st.sampled_from(LABELS), max_size=3).map(tuple),
)
FIELDS = st.sampled_from(["x", "y", "item_id", "nowhere"])
SCALARS = st.sampled_from([*LABELS, "0", "z", 0.0, 1, 2.5])
NUMBERS = st.sampled_from([0.0, 1, 2.0])
COMPARES = st.one_of(
    st.builds(Compare, FIELDS, st.sampled_from([Operator.EQ, Operator.NE]), SCALARS),
    st.builds(
        Compare, FIELDS, st.sampled_from([Operator.GT, Operator.GTE, Operator.LT, Operator.LTE]), NUMBERS
    ),
    st.builds(
        Compare,
        FIELDS,
        st.sampled_from([Operator.IN, Operator.HAS_ANY, Operator.HAS_ALL]),
        st.lists(SCALARS, max_size=3).map(tuple),
    ),
    st.builds(Compare, FIELDS, st.just(Operator.EXISTS), st.booleans()),
)
PREDICATES = st.recursive(
    COMPARES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)
YEAR = Compare("year", Operator.GT, 2015)
ITEMS = st.lists(st.dictionaries(st.sampled_from(["x", "y"]), ITEM_VALUES), min_size=1, max_size=8)


def values_of(item, field):
    value = item.item_id if field == "item_id" else item.attributes.get(field, ())
    values = value if isinstance(value, tuple) else (value,)
    return [value for value in values if not (isinstance(value, float) and math.isnan(value))]


def holds(node, item):
    """The oracle: what predicates.py says of each operator, one item at a time."""
    if isinstance(node, All):
        return all(holds(part, item) for part in node.parts)
    if isinstance(node, AnyOf):
        return any(holds(part, item) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.part, item)
    values = values_of(item, node.field)
    numbers = [value for value in values if isinstance(value, float)]
    match node.op:
        case Operator.EQ:
            return node.value in values
        case Operator.NE:
            return node.value not in values
        case Operator.GT:
            return any(number > node.value for number in numbers)
        case Operator.GTE:
            return any(number >= node.value for number in numbers)
        case Operator.LT:
            return any(number < node.value for number in numbers)
        case Operator.LTE:
            return any(number <= node.value for number in numbers)
        case Operator.IN | Operator.HAS_ANY:
            return any(value in values for value in node.value)
        case Operator.HAS_ALL:
            return bool(values) and all(value in values for value in node.value)
        case Operator.EXISTS:
            return bool(values) == node.value


@settings(max_examples=300)
@given(ITEMS, PREDICATES)
def test_agrees_with_a_naive_reading(make_catalogue, make_query, attributes, predicate):
    items = [Item("abc0"[n % 4] + "!" * (n // 4), given) for n, given in enumerate(attributes)]
    allowed = filter_rows(make_catalogue(items), make_query(predicate=predicate), AttributeIndex())
    assert allowed.tolist() == [holds(predicate, item) for item in items]


def test_unavailable_excluded_and_seen_items_are_out(make_catalogue, make_query):
    catalogue = make_catalogue(6)
    catalogue.available[0] = False
    events = [Event("2", "view", 0.0), Event("not in the catalogue", "view", 1.0)]
    columns = AttributeIndex()
    query = make_query(events, excluded=frozenset({"1", "unknown"}))
    assert np.flatnonzero(filter_rows(catalogue, query, columns)).tolist() == [3, 4, 5]
    older = make_query(state=UserState(events=tuple(events), past_items=frozenset({"3", "gone"})))
    assert np.flatnonzero(filter_rows(catalogue, older, columns)).tolist() == [1, 4, 5]
    query = make_query(events, exclude_seen=False)
    assert np.flatnonzero(filter_rows(catalogue, query, columns)).tolist() == [1, 2, 3, 4, 5]
    query = make_query(events, item_ids=("2",))
    assert filter_rows(catalogue, query, columns)[2]  # rank: asked for by name
    assert catalogue.available.sum() == 5  # the catalogue's own mask is left alone


def make_views():
    """Two items, then one replaced, then one added, then one deleted: each a view of the real catalogue."""
    spec = FeatureSpec(timed=True, history_length=1, item_ids=Vocabulary(), actions=Vocabulary())
    row = ItemRow(np.zeros(3, dtype=np.float32), np.zeros(0, dtype=np.float32))
    columns = tuple(np.zeros((2, width), dtype=np.float32) for width in (3, 0, 3))
    first = Catalogue.of(spec, (), [Item("a", {"year": 1990.0}), Item("b", {"year": 2010.0})], columns)
    second = first.with_item(Item("a", {"year": 2020.0, "colour": "red"}), row)
    third = second.with_item(Item("c", {"year": 2030.0}), row)
    return first, second, third, third.without("b")


@pytest.mark.parametrize("built_at", range(4))
def test_columns_follow_the_versions(make_query, built_at):
    columns, views = AttributeIndex(), make_views()
    recent, red = make_query(predicate=YEAR), make_query(predicate=Compare("colour", Operator.EQ, "red"))
    filter_rows(views[built_at], recent, columns)  # whichever version the columns were built at
    assert filter_rows(views[1], recent, columns).tolist() == [True, False]
    assert filter_rows(views[2], recent, columns).tolist() == [True, False, True]
    assert filter_rows(views[3], recent, columns).tolist() == [True, False, True]
    assert filter_rows(views[3], red, columns).tolist() == [True, False, False]


def test_a_new_version_reads_only_its_fresh_rows_anew(make_query):
    columns, views = AttributeIndex(), make_views()
    kept = columns.of(views[0]).all
    year = kept.column("year")
    later = columns.of(views[2])
    assert later.all is kept
    assert later.all.column("year") is year
    assert [item.item_id for item in later.fresh.items] == ["a", "c"]
    assert columns.of(views[2]) is later
    assert columns.of(make_views()[2]).all is not kept  # another bundle's catalogue


@pytest.mark.parametrize(
    "node",
    [
        Compare("x", Operator.EXISTS, "a"),
        Compare("x", Operator.EQ, True),
        Compare("x", Operator.GT, "a"),
        Compare("x", Operator.IN, "a"),
        Compare("x", Operator.EQ, ("a",)),
    ],
    ids=str,
)
def test_a_value_that_the_operator_cannot_take_raises(node, make_catalogue, make_query):
    catalogue = make_catalogue([Item("1", {"x": "a"})])
    with pytest.raises(ValueError, match="expected an operator with a value that it takes"):
        filter_rows(catalogue, make_query(predicate=node), AttributeIndex())
