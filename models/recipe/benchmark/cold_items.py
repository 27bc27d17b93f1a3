"""Cold items: a share of the items loses its training events."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Indices, Mask


@dataclass(frozen=True, slots=True)
class ColdItems:
    """The share of the items with events that lose their training events, drawn with `seed`."""

    share: float = 0.1
    seed: int = 0

    def choose(self, items: Indices, item_count: int) -> Mask:
        """[I] True for the cold items, at least one, from the items [n] of all events."""
        distinct = np.unique(items)
        count = max(1, round(self.share * len(distinct)))
        chosen = np.zeros(item_count, dtype=np.bool_)
        chosen[np.random.default_rng(self.seed).choice(distinct, count, replace=False)] = True
        return chosen
