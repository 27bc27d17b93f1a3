"""The probability of a list's order, given which items it has: what a reordering of the same items is weighed by.

A log has the probability of each item among all candidates, most of which were not shown. For draws without
replacement from fixed shares, the law of Plackett and Luce (a softmax without diversity), these probabilities tell the
shares of the items shown, and with them the probability that exactly these items were shown (exponential races).
"""

import numpy as np

from models.contract.arrays import Doubles

COMPLETE = 1e-6
"""A list whose last propensity is 1 within this showed all its candidates."""
NODES = np.exp(np.arange(-40.0, 5.0, 0.1))[:, None]
"""The times [400, 1] of the race's integral, on a logarithmic scale."""
STEPS = 0.1 * NODES[:, 0] * np.exp(-NODES[:, 0])
"""[400] the weights of the integral over an exponential time of rate 1, by the trapezoidal rule."""


def is_complete(propensities: Doubles) -> bool:
    """Whether a list with these propensities [k] showed all its candidates: the last one had no rival."""
    return bool(propensities[-1] >= 1 - COMPLETE)


def condition_on_items(propensities: Doubles) -> Doubles:
    """[k] the propensities of a list's places among the list's items alone, from those among all candidates [k].

    Each is the probability of the item at its place, given those above and given which items the list has. A list that
    showed all its candidates has those already.
    """
    if is_complete(propensities):
        return propensities
    shares = find_shares(propensities)
    others = max(1 - shares.sum(), COMPLETE)
    # The chance that the items from a place on are all drawn before any item that was not shown.
    races = -np.expm1(-NODES * (shares / others))  # [400, k]
    tails = np.cumprod(races[:, ::-1], axis=1)[:, ::-1]
    chances = np.append(STEPS @ tails, 1.0)  # [k + 1]
    return np.asarray(np.clip(propensities * chances[1:] / chances[:-1], 0.0, 1.0))


def find_shares(propensities: Doubles) -> Doubles:
    """[k] the shares of the items among all candidates at the first place."""
    shares, left = np.zeros(len(propensities)), 1.0
    for place, propensity in enumerate(propensities):
        shares[place] = propensity * left
        left -= shares[place]
    return shares
