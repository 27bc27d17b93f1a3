"""Rates of actions: how often what a user was shown, or the exposures of an item, ended in each action.

A log in which every event takes its item has none.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices, Indices32, Mask
from models.contract.events import UNTAKEN_ACTIONS

TAKEN = "\0taken"
"""The name of the rate of all actions that take an item; no action of a log has it."""
PRIOR_EVENTS = 10.0
"""Shrinkage: as if a user or an item had so many more events with the shares of the training events."""


def fit_rates(names: Sequence[str], counts: Sequence[int]) -> dict[str, float]:
    """Action -> its share of the events, from the events of each action; TAKEN for all that take an item.

    Actions that take an item alone, the commonest first, without an action that is the only one to do so. None where
    every event takes an item.
    """
    taken = {
        name: count / sum(counts)
        for name, count in zip(names, counts, strict=True)
        if count and name not in UNTAKEN_ACTIONS
    }
    every = sum(count for name, count in zip(names, counts, strict=True) if name in taken)
    if not 0 < every < sum(counts):
        return {}
    ordered = sorted(taken, key=lambda name: (-taken[name], name))
    return {TAKEN: every / sum(counts)} | {name: taken[name] for name in ordered if len(taken) > 1}


def reach_rates(names: Sequence[str], rates: Mapping[str, float]) -> Mask:
    """[m, A] True where an event with an action of `names` [m] counts for a rate [A]."""
    reached = [
        [name not in UNTAKEN_ACTIONS if rate == TAKEN else name == rate for rate in rates] for name in names
    ]
    return np.array(reached, dtype=np.bool_).reshape(len(names), len(rates))


def shrink_rates(reached: Doubles | Indices, events: Doubles | Indices, rates: Mapping[str, float]) -> Floats:
    """Log-odds [..., A] of the smoothed rates, less those of the training events: 0 without events.

    `reached` [..., A] of `events` [..., 1] had the action. Beta-binomial smoothing.
    """
    shares = np.array(list(rates.values()), dtype=np.float64)
    smoothed = (reached + PRIOR_EVENTS * shares) / (events + PRIOR_EVENTS)
    return np.asarray(log_odds(smoothed) - log_odds(shares), dtype=np.float32)


def item_rates(
    items: Indices32, times: Doubles, reached: Mask, at: Doubles, n_items: int, rates: Mapping[str, float]
) -> Floats:
    """[T, n_items, A] the rates of every item just before each of the ascending moments `at` [T].

    From n events, oldest first, that `reached` [n, A] the actions.
    """
    table = np.empty((len(at), n_items, len(rates)), dtype=np.float32)
    events, counts = np.zeros((n_items, 1)), np.zeros((n_items, len(rates)))
    start = 0
    for number, stop in enumerate(np.searchsorted(times, at, side="left").tolist()):
        part = slice(start, stop)
        events[:, 0] += np.bincount(items[part], minlength=n_items)
        for column in range(len(rates)):
            counts[:, column] += np.bincount(items[part][reached[part, column]], minlength=n_items)
        table[number] = shrink_rates(counts, events, rates)
        start = stop
    return table


def log_odds(shares: Doubles) -> Doubles:
    """The logarithm of the odds of shares in (0, 1)."""
    return np.asarray(np.log(shares) - np.log1p(-shares), dtype=np.float64)
