"""Users' profiles and histories as the user tower reads them: many users in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue import Catalogue
from app.pipeline.padding import alike, padded
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import User
from models.contract.events import Event, EventColumns, column_events, last_events, select_events
from models.contract.features import WINDOW, EventArrays, encode_events, encode_profile
from models.contract.feedback import history_events, tower_events

PASS = 4_096
"""Positions, padding among them, that the tower reads in one pass: more gain nothing, and need memory."""


@dataclass(frozen=True, slots=True)
class UserOutput:
    """What the user tower makes of one user."""

    base: Floats  # [D] its output after the last event
    history: Floats  # [L, D] the events' representations
    rows: Indices  # [L] catalogue rows; -1 for an item that the catalogue lacks
    numbers: Floats  # [2] of the last event: running mean value, log count
    tower_events: int  # events that the tower read


@dataclass(frozen=True, slots=True)
class _History:
    """The last events of B users: n events in all."""

    columns: EventColumns
    rows: Indices  # [n] catalogue rows, -1 for unknown items
    arrays: EventArrays

    def split(self, values: Floats) -> list[Floats]:
        """Values [n, ...] of the events by user."""
        return np.split(values, self.columns.offsets[1:-1])


def column_users(catalogue: Catalogue, users: Sequence[Sequence[Event]]) -> EventColumns:
    """The events of users, each oldest first, as columns over the catalogue's rows.

    Items that the catalogue lacks get the numbers -1, -2, ...: two such items are not the same.
    """
    unknown: dict[str, int] = {}

    def row_of(item_id: str) -> int:
        row = catalogue.row(item_id)
        return unknown.setdefault(item_id, -1 - len(unknown)) if row is None else row

    return column_events(users, row_of)


@torch.inference_mode()
def encode_features(
    bundle: LoadedBundle, profiles: Sequence[User | None], events: EventColumns, texts: Sequence[Floats]
) -> list[UserOutput]:
    """The tower's outputs for B users with their events and the vectors [T] of their profiles' texts.

    The tower is causal and tells positions by distance, so padding behind a history changes nothing.
    """
    if not profiles:
        return []
    history = _last_events(bundle, events)
    tower = bundle.network.users
    flat = tower.events(
        torch.from_numpy(bundle.item_vectors(history.rows)),
        torch.from_numpy(history.arrays.actions),
        torch.from_numpy(history.arrays.dense),
    ).numpy()
    histories = history.split(flat)
    masks = np.split(tower_events(history.columns, bundle.spec.actions), history.columns.offsets[1:-1])
    starts = _profiles(bundle, profiles, texts)
    inputs = [own[mask] for own, mask in zip(histories, masks, strict=True)]
    bases = np.empty((len(profiles), bundle.dim), dtype=np.float32)
    for batch in alike([(len(part) + 1,) for part in inputs], (PASS,)):
        sequences, _ = padded([inputs[position] for position in batch])
        outputs = tower(starts[batch], torch.from_numpy(sequences))
        ends = [len(inputs[position]) for position in batch]
        bases[batch] = outputs[range(len(batch)), ends].numpy()
    rows, dense = np.split(history.rows, history.columns.offsets[1:-1]), history.split(history.arrays.dense)
    return [
        UserOutput(bases[user], histories[user], rows[user], _last_numbers(dense[user]), len(inputs[user]))
        for user in range(len(profiles))
    ]


def _last_events(bundle: LoadedBundle, events: EventColumns) -> _History:
    """The last `history_length` events of each user, their features computed from WINDOW more."""
    spec = bundle.spec
    kept = select_events(events, history_events(events, spec.actions))
    kept = select_events(kept, last_events(kept, spec.history_length + WINDOW))
    arrays = encode_events(spec, kept)
    last = last_events(kept, spec.history_length)
    columns = select_events(kept, last)
    return _History(
        columns, np.maximum(columns.items, -1), EventArrays(arrays.actions[last], arrays.dense[last])
    )


def _last_numbers(dense: Floats) -> Floats:
    """[2] the last two numbers of the last event of [L, DENSE_WIDTH]; zeros without events."""
    return dense[-1, -2:] if len(dense) else np.zeros(2, dtype=np.float32)


def _profiles(bundle: LoadedBundle, profiles: Sequence[User | None], texts: Sequence[Floats]) -> Tensor:
    """The tower's first positions [B, D]."""
    encoded = [encode_profile(bundle.spec, profile) for profile in profiles]
    tokens, _ = padded([profile.tokens for profile in encoded])  # PAD is 0
    return bundle.network.users.profile(
        torch.from_numpy(tokens),
        torch.from_numpy(np.stack([profile.numeric for profile in encoded])),
        torch.from_numpy(np.stack(texts)),
    )
