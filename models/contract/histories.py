"""The bundle's file of training histories: every user's events, as columns in one .npz file."""

from pathlib import Path

import numpy as np

from models.contract.events import EventColumns


def write_histories(path: Path, histories: EventColumns) -> None:
    """Write the histories to one compressed .npz file."""
    np.savez_compressed(
        path,
        offsets=histories.offsets,
        items=histories.items,
        actions=histories.actions,
        values=histories.values,
        times=histories.times,
        action_names=np.array(histories.action_names, dtype=np.str_),
    )


def read_histories(path: Path) -> EventColumns:
    """Read the histories; raises OSError, KeyError or ValueError for any other file."""
    with np.load(path, allow_pickle=False) as arrays:
        return EventColumns(
            offsets=arrays["offsets"].astype(np.int64),
            items=arrays["items"].astype(np.int64),
            actions=arrays["actions"].astype(np.int64),
            values=arrays["values"].astype(np.float32),
            times=arrays["times"].astype(np.float64),
            action_names=tuple(arrays["action_names"].tolist()),
        )
