"""Blank items by hand, and that their events leave every other event as it was."""

import numpy as np

from models.contract.blank_items import find_blank_items, hide_blank_items
from models.contract.catalogue import Item
from models.contract.events import Event, column_events
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.history_window import read_window
from models.contract.vocabulary import Vocabulary

SPEC = FeatureSpec(
    timed=True,
    history_length=3,
    item_ids=Vocabulary(tokens=("0", "1", "2", "3")),
    actions=Vocabulary(tokens=("rate",)),
    item_fields=(
        FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
        FieldSpec(name="year", kind=FieldKind.NUMERIC),
        FieldSpec(name="image", kind=FieldKind.VECTOR, size=2),
    ),
    item_tokens=Vocabulary(tokens=("genres=war",)),
    value_range=(1.0, 5.0),
    value_mean=3.0,
    text_size=2,
)


def test_an_item_is_blank_without_anything_that_the_network_learned() -> None:
    items = [
        Item("0"),  # of the training data
        Item("new"),
        Item("label", {"genres": ("war",)}),
        Item("other label", {"genres": ("opera",)}),
        Item("year", {"year": 1999.0}),
        Item("text"),
        Item("image", {}, {"image": (0.0, 1.0)}),
    ]
    text = np.zeros((len(items), 2), dtype=np.float32)
    text[5] = 1
    assert find_blank_items(SPEC, items, text).tolist() == [False, True, False, True, False, False, False]


def test_hidden_items_get_distinct_numbers_beside_those_of_unknown_items() -> None:
    events = column_events([[Event(item, "rate", 0.0) for item in ("2", "-1", "3", "2", "0")]], int)
    hidden = hide_blank_items(events, np.array([False, False, True, True])).items
    assert hidden[4] == 0 and (hidden[:4] < 0).all()
    assert hidden[0] == hidden[3] and len(set(hidden.tolist())) == 4
    assert hide_blank_items(events, np.zeros(4, dtype=np.bool_)) is events


def test_events_without_information_change_no_gap_mean_or_count() -> None:
    known = [Event(str(row), "rate", 100.0 * row, float(1 + row)) for row in range(4)]
    between = [Event("-1", "rate", 350.0, 1.0), Event("-2", "rate", 20.0, 1.0)]
    mixed = sorted([*known, *between, Event("-3", "rate", 900.0)], key=lambda event: event.timestamp)
    alone, together = (read_window(SPEC, column_events([events], int)) for events in (known, mixed))
    assert together.events.items.tolist() == alone.events.items.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(together.arrays.dense, alone.arrays.dense)
    nothing = read_window(SPEC, column_events([between], int))
    assert len(nothing.events) == 0 and nothing.events.offsets.tolist() == [0, 0]
