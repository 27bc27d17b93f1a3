"""A filter and a label condition of the same words give the same items, where no field is missing."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bundle.attribute_filter import evaluate_filter
from app.bundle.attribute_table import AttributeTable
from models.contract.catalogue import Item
from models.contract.predicate import All, AnyOf, Compare, Not, Operator, Predicate
from models.data.cleaning import CleaningReport
from models.data.conditions import evaluate_condition
from models.data.dataset import Dataset, Interactions
from models.job.label_expression import Operand, parse, write_operator

BRANDS = ("x", "y", "z")
NUMBERS = (-1.5, 0.0, 2.0, 1990.0)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {
            "brand": st.sampled_from(BRANDS),
            "genres": st.lists(st.sampled_from(BRANDS), min_size=1, max_size=3).map(tuple),
            "year": st.sampled_from(NUMBERS),
        }
    ),
    min_size=1,
    max_size=6,
)


def compares(fields: list[str], ops: list[Operator], value: st.SearchStrategy) -> st.SearchStrategy[Compare]:
    return st.builds(Compare, st.sampled_from(fields), st.sampled_from(ops), value)


COMPARES = st.one_of(
    compares(["brand"], [Operator.EQ, Operator.NE], st.sampled_from(BRANDS)),
    compares(["brand", "genres"], [Operator.IN], st.lists(st.sampled_from(BRANDS), min_size=1).map(tuple)),
    compares(
        ["year"],
        [Operator.EQ, Operator.NE, Operator.LT, Operator.LTE, Operator.GT, Operator.GTE],
        st.sampled_from(NUMBERS),
    ),
    compares(["year"], [Operator.IN], st.lists(st.sampled_from(NUMBERS), min_size=1).map(tuple)),
)
PREDICATES = st.recursive(
    COMPARES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        st.builds(Not, inner),
    ),
    max_leaves=6,
)


def label(predicate: Predicate) -> str:
    """The predicate as a label expression over the items."""
    match predicate:
        case Compare(field, op, value):
            written = list(value) if isinstance(value, tuple) else value
            return f"item.{field} {write_operator(op)} {written!r}"
        case Not(part):
            return f"not ({label(part)})"
        case All(parts):
            return f"({' and '.join(map(label, parts))})"
        case AnyOf(parts):
            return f"({' or '.join(map(label, parts))})"


def log_of(items: list[Item]) -> Dataset:
    """A log of one interaction with each item."""
    count = len(items)
    log = Interactions(
        users=np.zeros(count, dtype=np.int64),
        items=np.arange(count),
        times=np.zeros(count),
        values=np.zeros(count, dtype=np.float32),
        actions=np.zeros(count, dtype=np.int64),
        action_names=("view",),
        contexts={},
    )
    cleaning = CleaningReport(count, count, 0, 0, 0, 0)
    return Dataset(log, user_ids=("a",), items=tuple(items), users=(), timed=True, cleaning=cleaning)


@settings(max_examples=300)
@given(ITEMS, PREDICATES)
def test_filter_and_label_agree(attributes, predicate):
    items = [Item(str(number), fields) for number, fields in enumerate(attributes)]
    condition = parse(label(predicate))
    assert not isinstance(condition, Operand)
    found = evaluate_condition(condition, log_of(items))
    assert found.known.all()
    assert found.true.tolist() == evaluate_filter(predicate, AttributeTable(tuple(items))).tolist()


def test_they_differ_of_a_missing_field():
    items = [Item("0", {"brand": "x"}), Item("1")]
    predicate = Compare("brand", Operator.NE, "y")
    condition = parse(label(predicate))
    assert not isinstance(condition, Operand)
    found = evaluate_condition(condition, log_of(items))
    assert (found.true.tolist(), found.known.tolist()) == ([True, False], [True, False])
    assert evaluate_filter(predicate, AttributeTable(tuple(items))).tolist() == [True, True]
