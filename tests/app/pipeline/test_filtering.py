"""Filters against a naive reading of the same predicate, item by item."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pipeline.filtering import Columns, allowed_rows
from app.pipeline.predicates import All, AnyOf, Compare, Not, Operator
from models.contract.catalogue import Item
from models.contract.events import Event

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


@settings(max_examples=300, deadline=None)
@given(ITEMS, PREDICATES)
def test_agrees_with_a_naive_reading(make_catalogue, make_query, attributes, predicate):
    items = [Item("abc0"[n % 4] + "!" * (n // 4), given) for n, given in enumerate(attributes)]
    allowed = allowed_rows(make_catalogue(items), make_query(predicate=predicate), Columns())
    assert allowed.tolist() == [holds(predicate, item) for item in items]


def test_unavailable_excluded_and_seen_items_are_out(make_catalogue, make_query):
    catalogue = make_catalogue(6)
    catalogue.available[0] = False
    events = [Event("2", "view", 0.0), Event("not in the catalogue", "view", 1.0)]
    columns = Columns()
    query = make_query(events, excluded=frozenset({"1", "unknown"}))
    assert np.flatnonzero(allowed_rows(catalogue, query, columns)).tolist() == [3, 4, 5]
    query = make_query(events, exclude_seen=False)
    assert np.flatnonzero(allowed_rows(catalogue, query, columns)).tolist() == [1, 2, 3, 4, 5]
    query = make_query(events, item_ids=("2",))
    assert allowed_rows(catalogue, query, columns)[2]  # rank: asked for by name
    assert catalogue.available.sum() == 5  # the catalogue's own mask is left alone


def test_columns_follow_the_version_and_the_catalogue(make_catalogue, make_query):
    columns, query = Columns(), make_query(predicate=Compare("year", Operator.GT, 2000))
    catalogue = make_catalogue([Item("a", {"year": 1990.0}), Item("b", {"year": 2010.0})])
    assert allowed_rows(catalogue, query, columns).tolist() == [False, True]
    kept = columns.of(catalogue, "year")
    assert columns.of(catalogue, "year") is kept
    catalogue.items = [Item("a", {"year": 2020.0}), Item("b", {"year": 2010.0})]
    catalogue.version += 1
    assert allowed_rows(catalogue, query, columns).tolist() == [True, True]
    other = make_catalogue([Item("a", {"year": 1.0})])
    assert allowed_rows(other, query, columns).tolist() == [False]
