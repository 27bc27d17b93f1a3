"""A clear intent: the last events are all of one category, which chance would hardly give."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

LEAST_EVENTS, MOST_EVENTS = 3, 5
"""The last events that are read: fewer tell too little, earlier ones are of another moment."""
BY_CHANCE = 0.02
"""The probability below which it is no chance that all of them have the label."""
SAMPLE = 10_000
"""Items from which the labels' shares are counted."""

Shares = Mapping[str, float]
"""Label -> its share of the catalogue."""


def measure_shares(labels: Sequence[frozenset[str]]) -> Shares:
    """The share of the items, by their label sets, that have each label; over an even sample of many items."""
    sample = labels[:: max(len(labels) // SAMPLE, 1)]
    counts = Counter(label for item in sample for label in item)
    return {label: count / len(sample) for label, count in counts.items()}


def has_clear_intent(newest: Iterable[frozenset[str]], shares: Shares) -> bool:
    """True if the user's last taken items, newest first, have a label in common that chance would hardly give.

    Items without labels say nothing, and are left out. No more items are read than needed.
    """
    last = list(islice(filter(None, newest), MOST_EVENTS))
    if len(last) < LEAST_EVENTS:
        return False
    return any(shares.get(label, 0.0) ** len(last) < BY_CHANCE for label in frozenset.intersection(*last))
