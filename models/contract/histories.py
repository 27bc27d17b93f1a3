"""What every user did before the bundle was made: how a service knows its users on the first day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Floats, Indices
from models.contract.events import Event


@dataclass(frozen=True, slots=True)
class Histories:
    """n events of U users, oldest first within a user."""

    offsets: Indices  # [U + 1]: user u's events are offsets[u]:offsets[u + 1]
    items: Indices  # [n] rows of the bundle's item table
    actions: Indices  # [n] places in `action_names`
    values: Floats  # [n] NaN: none
    times: NDArray[np.float64]  # [n]
    action_names: tuple[str, ...]

    def events(self, user: int, item_ids: Sequence[str]) -> tuple[Event, ...]:
        """A user's events; `item_ids` are the item table's."""
        part = slice(int(self.offsets[user]), int(self.offsets[user + 1]))
        return tuple(
            Event(item_ids[item], self.action_names[action], time, None if math.isnan(value) else value)
            for item, action, time, value in zip(
                self.items[part].tolist(),
                self.actions[part].tolist(),
                self.times[part].tolist(),
                self.values[part].tolist(),
                strict=True,
            )
        )


def write_histories(path: Path, histories: Histories) -> None:
    """One compressed file of arrays."""
    np.savez_compressed(
        path,
        offsets=histories.offsets,
        items=histories.items,
        actions=histories.actions,
        values=histories.values,
        times=histories.times,
        action_names=np.array(histories.action_names, dtype=np.str_),
    )


def read_histories(path: Path) -> Histories:
    """The histories of a file; raises OSError, KeyError or ValueError where it is none."""
    with np.load(path, allow_pickle=False) as found:
        return Histories(
            offsets=found["offsets"],
            items=found["items"],
            actions=found["actions"],
            values=found["values"],
            times=found["times"],
            action_names=tuple(found["action_names"].tolist()),
        )
