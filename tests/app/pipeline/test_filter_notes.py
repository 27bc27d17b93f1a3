"""Notes on filters against the filter itself: a value is named exactly if no item passes a comparison with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bundle.attribute_index import AttributeIndex
from app.pipeline.filter_notes import find_filter_notes
from app.pipeline.filtering import match_predicate
from app.pipeline.notes import FewItemsPass, MoreNotes, NoItemHasField, NoItemHasValue, OutOfRange
from models.contract.catalogue import Item
from models.contract.predicate import All, AnyOf, Compare, Not, Operator

LABELS = st.sampled_from(["red", "green", "blue", "Red", "grey"])
ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={"colours": st.lists(LABELS, max_size=2).map(tuple), "size": st.sampled_from([1.0, 2.0, 5.0])},
)
ITEMS = st.lists(st.tuples(ATTRIBUTES, st.booleans()), min_size=1, max_size=6)
COMPARES = st.one_of(
    st.builds(Compare, st.just("colours"), st.just(Operator.EQ), LABELS),
    st.builds(
        Compare,
        st.just("size"),
        st.sampled_from([Operator.EQ, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE]),
        st.sampled_from([0.0, 1.0, 3.0, 5.0, 9.0]),
    ),
    st.just(Compare("size", Operator.EXISTS, True)),
)


@given(
    given_items=ITEMS, node=COMPARES, wrap=st.sampled_from([lambda n: n, Not, lambda n: All((AnyOf((n,)),))])
)
@settings(max_examples=300)
def test_a_comparison_has_a_note_exactly_if_no_available_item_meets_it(
    make_catalogue, make_query, given_items, node, wrap
):
    catalogue = make_catalogue([Item(str(n), attributes) for n, (attributes, _) in enumerate(given_items)])
    catalogue.available = np.array([available for _, available in given_items])
    columns = AttributeIndex()
    notes = find_filter_notes(catalogue, make_query(predicate=wrap(node)), columns, listed=0)
    met = (match_predicate(catalogue, node, columns) & catalogue.available).any()
    about_values = [note for note in notes if not isinstance(note, FewItemsPass)]
    assert len(about_values) == (0 if met else 1)
    for note in about_values:
        assert note.path.startswith("filter") and note.path.endswith(f".{node.field}")


def test_notes_by_hand(make_catalogue, make_query):
    items = [Item("1", {"size": 2.0, "colours": ("red",)}), Item("2", {"size": 4.0}), Item("3", {})]
    catalogue, columns = make_catalogue(items), AttributeIndex()

    def notes(node, listed=0, **changes):
        return find_filter_notes(catalogue, make_query(predicate=node, **changes), columns, listed)

    few = FewItemsPass(0)
    assert notes(Compare("weight", Operator.EXISTS, True)) == (NoItemHasField("filter.weight"), few)
    assert notes(Compare("weight", Operator.GT, 1.0)) == (NoItemHasField("filter.weight"), few)
    assert notes(Compare("size", Operator.LT, 2.0)) == (OutOfRange("filter.size", 2.0, 2.0, 4.0), few)
    assert notes(Compare("size", Operator.EQ, 3.0)) == (NoItemHasValue("filter.size", 3.0, (2.0, 4.0)), few)
    assert notes(Compare("size", Operator.EQ, 9.0)) == (NoItemHasValue("filter.size", 9.0, (4.0,)), few)
    assert notes(Compare("colours", Operator.NE, "RED")) == (
        NoItemHasValue("filter.colours", "RED", ("red",)),
        FewItemsPass(3),
    )
    assert notes(Compare("size", Operator.GT, 9.0), listed=10) == ()  # a full list: numbers are not searched
    assert notes(Compare("size", Operator.GT, 1.0), limit=2) == ()  # two pass, so the filter is not the cause
    asked = {"item_ids": ("1", "2")}
    assert notes(Compare("size", Operator.GT, 9.0), **asked) == (OutOfRange("filter.size", 9.0, 2.0, 4.0),)
    many = Compare("item_id", Operator.IN, ("1", *map(str, range(10, 35))))
    assert notes(many, listed=10)[20:] == (MoreNotes(5),)


@pytest.mark.parametrize("fresh", [0, 1])
def test_the_current_value_of_an_item_counts(make_catalogue, make_query, fresh):
    columns = AttributeIndex()
    catalogue = make_catalogue([Item("1", {"colours": ("red",)}), Item("2", {"colours": ("blue",)})])
    columns.of(catalogue).all.column("colours")
    colour = "red" if fresh == 0 else "blue"
    node = Compare("colours", Operator.EQ, colour)
    assert find_filter_notes(catalogue, make_query(predicate=node), columns, 10) == ()
    changed = make_catalogue(
        [
            Item("1", {"colours": ("pink",)}) if fresh == 0 else catalogue.items[0],
            Item("2", {"colours": ("pink",)}) if fresh == 1 else catalogue.items[1],
        ]
    )
    changed.store = catalogue.store
    changed.fresh = np.array([fresh])
    (note,) = find_filter_notes(changed, make_query(predicate=node), columns, 10)
    assert note == NoItemHasValue("filter.colours", colour, ())
    pink = Compare("colours", Operator.EQ, "pink")
    assert find_filter_notes(changed, make_query(predicate=pink), columns, 10) == ()
