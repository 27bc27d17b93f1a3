"""Polarity and the push of low values by hand."""

import numpy as np
import pytest
from pydantic import ValidationError

from models.contract.arrays import Floats
from models.contract.events import Event, column_events
from models.contract.feedback import read_feedback
from models.contract.low_values import (
    CLEAR_POLARITY,
    LOW_VALUE_PUSH,
    RIDGE,
    ItemVectors,
    measure_shares,
    push_from_low_values,
    solve_push,
)
from models.contract.polarity import ValuePolarity

POLARITY = ValuePolarity(values=(1.0, 3.0, 5.0), polarity=(-1.0, 0.0, 0.5))
ITEMS = ItemVectors(
    np.array([[2, 0], [2, 0], [0, 1], [-1, 0]], dtype=np.float32), np.zeros(2, dtype=np.float32)
)


def push(
    *events: Event, polarity: ValuePolarity = POLARITY, base: tuple[float, float] = (0, 0)
) -> list[float]:
    columns = column_events([events], int)
    feedback = read_feedback(columns, (1.0, 5.0))
    return push_from_low_values(ITEMS, floats(*base), columns, feedback, polarity).tolist()


def rate(item: str, value: float, moment: float = 0.0) -> Event:
    return Event(item, "rate", moment, value)


def floats(*numbers: float) -> Floats:
    return np.array(numbers, dtype=np.float32)


def test_polarity_is_linear_between_its_values_and_zero_without() -> None:
    assert POLARITY.read(floats(0, 1, 2, 4, 9)).tolist() == [-1, -1, -0.5, 0.25, 0.5]
    assert POLARITY.read(floats(np.nan)).tolist() == [0]
    assert ValuePolarity().read(floats(1, 5)).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("values", "polarity"), [((1.0,), ()), ((2.0, 1.0), (0.0, 0.0)), ((1.0, 2.0), (0.0, -1.5))]
)
def test_an_impossible_polarity_is_refused(values: tuple[float, ...], polarity: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="expected"):
        ValuePolarity(values=values, polarity=polarity)


def test_one_lowest_value_takes_its_whole_gain() -> None:
    assert push(rate("0", 1.0)) == pytest.approx([-LOW_VALUE_PUSH / 2, 0])  # (2, 0) loses LOW_VALUE_PUSH


def test_what_the_tower_gives_a_low_valued_item_is_taken_back_first() -> None:
    """The tower gives (2, 0) 2 * 10 logits; the push takes them and LOW_VALUE_PUSH. What it takes itself stays."""
    assert push(rate("0", 1.0), base=(10, 3)) == pytest.approx([-10 - LOW_VALUE_PUSH / 2, 0])
    assert push(rate("0", 1.0), base=(-10, 3)) == push(rate("0", 1.0))


def test_a_neighbour_rated_high_takes_the_push_back_and_another_kind_does_not() -> None:
    """The mean polarity of items 0 and 1, of one direction, is (-1 + 0.5) / 2 = -0.25: not clear."""
    assert push(rate("0", 1.0), rate("1", 5.0)) == [0, 0]
    assert push(rate("0", 1.0), rate("2", 5.0)) == push(rate("0", 1.0))
    assert push(rate("0", 1.0), rate("0", 4.0, 1.0)) == [0, 0]  # the last opinion counts


def test_values_that_tell_nothing_push_nothing() -> None:
    prices = ValuePolarity(values=(1.0, 5.0), polarity=(0.0, 0.0))
    assert push(rate("0", 1.0), polarity=prices) == push(rate("0", 1.0), polarity=ValuePolarity()) == [0, 0]
    assert push(Event("-1", "rate", 0.0, 1.0)) == push() == [0, 0]
    assert push(Event("0", "dislike", 0.0, 1.0)) == [0, 0]  # user_vector's push counts it


def test_a_share_grows_from_clear_polarity() -> None:
    valued, is_low = np.array([[1, 0], [0, 1]], dtype=np.float32), np.array([True, True])
    middle = -(1 + CLEAR_POLARITY) / 2
    shares = measure_shares(valued, floats(middle, -CLEAR_POLARITY), is_low)
    assert shares.tolist() == pytest.approx([1 / 2, 0], abs=1e-6)


def test_equal_directions_share_a_push_and_right_angles_do_not() -> None:
    """Twice (2, 0) with gain 4: weights w with 8.4 w = 4.4 * ... give each a loss of 2 * 4.4 / 2.1 = 4.19."""
    both = solve_push(np.array([[2, 0], [2, 0]], dtype=np.float32), floats(4, 4))
    assert both @ [2, 0] == pytest.approx(-2 * 4 * (1 + RIDGE) / (2 + RIDGE))
    apart = solve_push(np.array([[2, 0], [0, 1]], dtype=np.float32), floats(4, 3))
    assert apart.tolist() == pytest.approx([-2, -3])
