"""The category run: at most so many items of one label in a row, by letting the others of it wait."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Indices


def limit_runs(
    labels: Sequence[frozenset[str]], most: int, n: int, above: Sequence[frozenset[str]] = ()
) -> tuple[Indices, bool]:
    """Positions [min(n, P)] of P items in their order, with at most `most` in a row that share a label, and True.

    Each place takes the first item left that makes no label's run longer than `most`. If every item left would, the
    first of them takes it: the length of the list takes precedence, and the second part is False. `labels` are the
    items' label sets, `above` those of the items just before the list. An item without labels ends every run.
    Raises ValueError for `most` below 1.
    """
    if most < 1:
        raise ValueError(f"expected at least 1 item of a category in a row, given {most}")
    last = deque(above, maxlen=most)
    waiting, places, kept = list(range(len(labels))), list[int](), True
    while waiting and len(places) < n:
        # A label's run is full exactly if the last `most` items all have it.
        full = frozenset.intersection(*last) if len(last) == most else frozenset[str]()
        found = next((i for i, item in enumerate(waiting) if full.isdisjoint(labels[item])), None)
        kept = kept and found is not None
        places.append(waiting.pop(found or 0))
        last.append(labels[places[-1]])
    return np.array(places, dtype=np.int64), kept
