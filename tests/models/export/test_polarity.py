"""The fit of value polarity: logs in which values are opinions, and logs in which they are not."""

import numpy as np
import pytest

from models.contract.polarity import ValuePolarity
from models.export.polarity import ValuedEvents, centre_vectors, describe_polarity, fit_polarity

USERS, ITEMS, EVENTS = 200, 40, 16
UNIT = np.repeat(np.eye(2, dtype=np.float32), ITEMS // 2, axis=0)  # two kinds of item


def make_log(kind: str) -> ValuedEvents:
    """Each user takes items of both kinds; "opinion": stars by the user's taste; "price": the item's price."""
    random = np.random.default_rng(4)
    prices = np.exp(random.normal(3, 1, ITEMS))
    items = np.concatenate([random.permutation(ITEMS)[:EVENTS] for _ in range(USERS)])
    user = np.repeat(np.arange(USERS), EVENTS)
    taste = random.integers(2, size=USERS)
    liked = (items < ITEMS // 2) == taste[user]
    values = {
        "opinion": np.where(liked, random.integers(3, 6, len(items)), random.integers(1, 4, len(items))),
        "price": prices[items] * random.uniform(0.95, 1.05, len(items)),
        "random": random.integers(1, 6, len(items)),
        "quantity": random.poisson(random.gamma(1, 3, USERS)[user]),
    }[kind]
    late = np.tile(np.arange(EVENTS) >= EVENTS // 2, USERS)
    return ValuedEvents(np.arange(USERS + 1) * EVENTS, items, values.astype(np.float64), late)


def test_low_opinions_get_a_polarity_near_minus_one() -> None:
    polarity = fit_polarity(make_log("opinion"), UNIT)
    assert polarity.values == (1, 2, 3, 4, 5)
    assert list(polarity.polarity) == sorted(polarity.polarity)
    assert polarity.polarity[0] < -0.7 and polarity.polarity[-1] > 0.5
    assert "at 1, " in describe_polarity(polarity)


@pytest.mark.parametrize("kind", ["price", "random", "quantity"])
def test_values_that_are_no_opinion_get_none(kind: str) -> None:
    polarity = fit_polarity(make_log(kind), UNIT)
    assert max(map(abs, polarity.polarity), default=0.0) < 0.05


def test_two_users_by_hand() -> None:
    """Ranks of the early half (1, 1, 1, 5, 5, 5): 0.25 and 0.75, the item mean 0.5 throughout.

    Both users gave item 0 a low or high value, and item 1, of the other kind, the opposite; item 2 is like item 0. Its
    late residual is -0.25 after a low value of item 0 and 0.25 after a high one; the mean of the two earlier is 0.
    The effects -0.25 and 0.25 less those on all earlier items, 0, and the carry-over 1 give -1 and 1.
    """
    unit = np.array([[1, 0], [0, 1], [1, 0]], dtype=np.float32)
    offsets, items, values, late = [0], [], [], []
    for user in range(8):
        first = 1.0 if user % 2 else 5.0
        for item, value, is_late in (
            (2, first, False),
            (0, first, False),
            (1, 6 - first, False),
            (2, first, True),
        ):
            items.append(item), values.append(value), late.append(is_late)
        offsets.append(len(items))
    log = ValuedEvents(np.array(offsets), np.array(items), np.array(values), np.array(late))
    polarity = fit_polarity(log, unit)
    assert polarity.values == (1, 5) and polarity.polarity == pytest.approx((-1, 1), abs=1e-6)


def test_nothing_to_learn_from_gives_no_polarity() -> None:
    empty = ValuedEvents(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))
    assert fit_polarity(empty, UNIT) == ValuePolarity()
    same = make_log("opinion")
    constant = ValuedEvents(same.offsets, same.items, np.full(len(same.items), 3.0), same.late)
    assert fit_polarity(constant, UNIT) == ValuePolarity()
    assert "pushes nothing away" in describe_polarity(ValuePolarity())


def test_centred_vectors_have_length_one() -> None:
    centred = centre_vectors(np.array([[3, 0], [1, 0], [2, 4], [2, -4]], dtype=np.float32))
    np.testing.assert_allclose(centred, [[1, 0], [-1, 0], [0, 1], [0, -1]], atol=1e-6)
