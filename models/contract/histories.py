"""The bundle's file of training histories: every user's events, as columns in one .npz file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.contract.events import Codes, EventColumns


def write_histories(path: Path, histories: EventColumns) -> None:
    """Write the histories to one compressed .npz file."""
    arrays: dict[str, Any] = {
        "offsets": histories.offsets,
        "items": histories.items,
        "actions": histories.actions,
        "values": histories.values,
        "times": histories.times,
        "action_names": np.array(histories.action_names, dtype=np.str_),
    }
    if histories.texts is not None:
        arrays["text_names"] = np.array(histories.texts.names, dtype=np.str_)
        arrays["text_codes"] = histories.texts.codes
    np.savez_compressed(path, **arrays, **_context_arrays(histories))


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
            contexts=_read_contexts(arrays),
            texts=_read_texts(arrays),
        )


def _context_arrays(histories: EventColumns) -> dict[str, Any]:
    """The context columns by number, since the job's names may be those of other arrays."""
    arrays: dict[str, Any] = {"contexts": np.array(list(histories.contexts), dtype=np.str_)}
    for number, column in enumerate(histories.contexts.values()):
        arrays[f"context_names_{number}"] = np.array(column.names, dtype=np.str_)
        arrays[f"context_codes_{number}"] = column.codes
    return arrays


def _read_texts(arrays: Mapping[str, NDArray[Any]]) -> Codes | None:
    """The texts of the events; None in a file without them. Raises ValueError for codes of no text."""
    if "text_codes" not in arrays:
        return None
    names, codes = tuple(arrays["text_names"].tolist()), arrays["text_codes"].astype(np.int32)
    if len(codes) and codes.max() >= len(names):
        raise ValueError(f"expected codes of {len(names)} texts, given {codes.max()}")
    return Codes(names, codes)


def _read_contexts(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Codes]:
    return {
        name: Codes(
            tuple(arrays[f"context_names_{number}"].tolist()),
            arrays[f"context_codes_{number}"].astype(np.int32),
        )
        for number, name in enumerate(arrays["contexts"].tolist())
    }
