"""Item links by hand: which events they are read from, their sums, their gains, their file."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from models.contract.arrays import Floats
from models.contract.events import Event, column_events
from models.contract.item_links import (
    REGRESSION_DECAY,
    REGRESSION_EVENTS,
    TRANSITION_DECAY,
    FittedLinks,
    ItemLinks,
    LinkEvents,
    LinkGains,
    LinkTable,
    link_logits,
    read_link_events,
    read_links,
    sum_links,
    write_links,
)
from models.contract.polarity import ValuePolarity

POLARITY = ValuePolarity(values=(1.0, 3.0, 5.0), polarity=(-1.0, -0.25, 0.5))
# Item 0 is followed by 1 (2.0) and 2 (1.0), item 1 by 2 (4.0); the regression links 0 and 2 both ways.
TRANSITIONS = LinkTable(
    np.array([[1, 2], [2, 1], [2, 2]], dtype=np.int32), np.array([[2, 1], [4, 0], [0, 0]], dtype=np.float32)
)
REGRESSION = LinkTable(
    np.array([[2], [1], [0]], dtype=np.int32), np.array([[0.5], [0], [-0.5]], dtype=np.float32)
)
LINKS = ItemLinks(TRANSITIONS, REGRESSION)
GAINS = LinkGains(least_events=(1, 3), transition=(1.0, 2.0), regression=(10.0, 0.0), returning=(0.5, 0.0))


def rate(item: int, value: float | None = None, action: str = "rate") -> Event:
    return Event(str(item), action, 0.0, value)


def read(*events: Event) -> LinkEvents:
    return read_link_events(column_events([events], int), POLARITY, 3)


def floats(*numbers: float) -> Floats:
    return np.array(numbers, dtype=np.float32)


def test_links_are_read_from_the_newest_events_that_reject_nothing() -> None:
    """Unknown items, items put later, dislikes, skips and the lowest value say nothing; 3 stars three quarters."""
    rejected = [rate(2, action="dislike"), rate(2, action="skip"), rate(2, 1.0)]
    events = read(rate(0), rate(1, 3.0), rate(-1), rate(7), *rejected, rate(2, 5.0))
    assert events.items.tolist() == [2, 1, 0]
    assert events.shares.tolist() == [1, 0.75, 1]
    assert len(read(*[rate(0)] * 50).items) == REGRESSION_EVENTS


def test_a_sum_decays_from_the_newest_event_on() -> None:
    """Item 1 then item 0: 0 counts in full, 1 by the decay; a third event is beyond `most`."""
    events = LinkEvents(np.array([0, 1, 1]), floats(1, 0.5, 1))
    assert sum_links(TRANSITIONS, events, 2, 0.7).tolist() == pytest.approx([0, 2, 1 + 0.7 * 0.5 * 4])


def test_the_gains_of_the_class_weigh_both_tables() -> None:
    events = read(rate(0), rate(1))  # newest first: 1, 0
    transitions, regression = [0, 2 * TRANSITION_DECAY, 4 + TRANSITION_DECAY], [0, 0, 0.5 * REGRESSION_DECAY]
    expected = [t + 10 * r for t, r in zip(transitions, regression, strict=True)]
    found = link_logits(LINKS, GAINS, events, returning=False)
    assert found is not None
    assert found.tolist() == pytest.approx(expected)
    returned = link_logits(LINKS, GAINS, events, returning=True)
    assert returned is not None and returned.tolist() == pytest.approx([0.5 * t for t in transitions])
    assert [GAINS.at(events, False) for events in (1, 2, 3, 9)] == [(1, 10), (1, 10), (2, 0), (2, 0)]
    assert GAINS.at(1, returning=True) == GAINS.at(9, returning=True) == (0.5, 0)


def test_a_history_that_says_nothing_adds_nothing() -> None:
    assert link_logits(LINKS, GAINS, read(), returning=False) is None
    off = GAINS.model_copy(update={"least_events": (1,), "transition": (0.0,), "regression": (0.0,)})
    assert not off.is_off and off.model_copy(update={"returning": (0.0, 0.0)}).is_off
    assert link_logits(LINKS, off, read(rate(0)), returning=False) is None


def test_many_users_are_each_as_alone() -> None:
    histories = [[rate(0), rate(1)], [], [rate(2)]]
    links, returning = FittedLinks(LINKS, GAINS), np.array([True, False, False])
    whole = links.measure_logits(column_events(histories, int), POLARITY, returning)
    alone = [
        links.measure_logits(column_events([history], int), POLARITY, returning[[number]])[0]
        for number, history in enumerate(histories)
    ]
    np.testing.assert_array_equal(whole, alone)
    assert not whole[1].any()


@pytest.mark.parametrize(
    "changed",
    [
        {"least_events": (2,), "transition": (1.0,), "regression": (1.0,)},
        {"least_events": (1, 1)},
        {"transition": (1.0,)},
        {"regression": (1.0, -1.0)},
        {"returning": (-1.0, 0.0)},
        {"transition": (1.0, float("nan"))},
        {"least_events": (), "transition": (), "regression": ()},
    ],
)
def test_impossible_gains_are_refused(changed: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValidationError):
        LinkGains.model_validate(GAINS.model_dump() | changed)


def test_the_file_gives_the_tables_back(tmp_path: Path) -> None:
    write_links(tmp_path / "links.npz", LINKS)
    for mine, theirs in zip(read_links(tmp_path / "links.npz"), LINKS, strict=True):
        np.testing.assert_array_equal(mine.rows, theirs.rows)
        np.testing.assert_array_equal(mine.weights, theirs.weights)
