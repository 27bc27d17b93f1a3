"""The items that users had before the events to predict, which the softmax of `next` leaves out."""

from typing import NamedTuple, Self

import torch
from torch import Tensor

NO_ITEM = -1
"""In place of an item: padding, or an event that is no sign that the user had the item."""


class SeenItems(NamedTuple):
    """The items that users had before P events: of event p `columns[window[p], : stop[p]]`, NO_ITEM left out."""

    columns: Tensor  # [B, H] items of each window's user as columns of the logits, in the order of the events
    window: Tensor  # [P] rows of `columns`
    stop: Tensor  # [P]

    def take(self, rows: Tensor | slice) -> Self:
        """The events at `rows`."""
        return self._replace(window=self.window[rows], stop=self.stop[rows])

    def hide(self, logits: Tensor, places: Tensor) -> None:
        """Set the logits [P, I] of seen items to -infinity, except those of the right items at `places` [P, 1]."""
        right = logits.gather(1, places)
        columns = self.columns[self.window]
        is_before = torch.arange(columns.shape[1], device=columns.device) < self.stop[:, None]
        columns = torch.where(is_before & (columns != NO_ITEM), columns, places)
        logits.scatter_(1, columns, -torch.inf).scatter_(1, places, right)


def find_columns(items: Tensor, columns: Tensor) -> Tensor:
    """The place of each of the items [...] among ascending `columns` [C], NO_ITEM for items that are not there."""
    places = torch.searchsorted(columns, items).clamp(max=len(columns) - 1)
    return torch.where(columns[places] == items, places, NO_ITEM)
