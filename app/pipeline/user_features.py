"""Users' profiles and histories as the user tower reads them: many users in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from app.pipeline.padding import alike, padded
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import UserState
from models.contract.events import NEGATIVE_ACTIONS, Action, Event
from models.contract.features import WINDOW, encode_history, encode_profile

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

PASS = 4_096
"""Places, padding among them, that the tower reads in one pass: more gain nothing, and need memory."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the user tower makes of one state."""

    base: Floats  # [D] its output after the last event
    history: Floats  # [L, D] the events' representations
    rows: Indices  # [L] catalogue rows; -1 for an item that the catalogue lacks
    numbers: Floats  # [2] of the last event: running mean value, log count
    read: int  # events that the tower read


@torch.inference_mode()
def read_states(
    bundle: "LoadedBundle", states: Sequence[UserState], interests: Sequence[Floats]
) -> list[Reading]:
    """The states' readings, with the vectors [T] of what the users' profiles say.

    The tower is causal and tells places by distance, so what is padded behind a history changes nothing.
    """
    if not states:
        return []
    heard = [_heard(bundle, state.events) for state in states]
    histories, rows, dense = _histories(bundle, heard)
    starts = _profiles(bundle, states, interests)
    read = [
        history[_read_by_tower(bundle, events, len(history))]
        for history, events in zip(histories, heard, strict=True)
    ]
    bases = np.empty((len(states), bundle.dim), dtype=np.float32)
    for batch in alike([(len(part) + 1,) for part in read], (PASS,)):
        events, _own = padded([read[place] for place in batch])
        outputs = bundle.network.users(starts[batch], torch.from_numpy(events))
        ends = [len(read[place]) for place in batch]
        bases[batch] = outputs[range(len(batch)), ends].numpy()
    return [
        Reading(base, history, own, _last(numbers), len(places))
        for base, history, own, numbers, places in zip(bases, histories, rows, dense, read, strict=True)
    ]


def _last(numbers: Floats) -> Floats:
    """[2] What the last event's numbers [L, DENSE_WIDTH] end in; zeros without events."""
    return numbers[-1, -2:] if len(numbers) else np.zeros(2, dtype=np.float32)


def _heard(bundle: "LoadedBundle", events: Sequence[Event]) -> tuple[Event, ...]:
    """The events without skips where the network never learned any: it would take them for interest."""
    return tuple(
        event for event in events if event.action != Action.SKIP or event.action in bundle.spec.actions
    )


def _histories(
    bundle: "LoadedBundle", heard: Sequence[Sequence[Event]]
) -> tuple[list[Floats], list[Indices], list[Floats]]:
    """Each user's last events: their representations [L, D], catalogue rows [L] and numbers [L, DENSE_WIDTH]."""
    reach = bundle.spec.history_length + WINDOW  # nothing that is said of the last events looks further back
    encoded = [encode_history(bundle.spec, events[-reach:]) for events in heard]
    rows = bundle.rows([item_id for history in encoded for item_id in history.item_ids])
    flat = bundle.network.users.events(
        torch.from_numpy(bundle.item_vectors(rows)),
        torch.from_numpy(np.concatenate([history.actions for history in encoded])),
        torch.from_numpy(np.concatenate([history.dense for history in encoded])),
    ).numpy()
    ends = np.cumsum([len(history.item_ids) for history in encoded])[:-1]
    return np.split(flat, ends), np.split(rows, ends), [history.dense for history in encoded]


def _profiles(bundle: "LoadedBundle", states: Sequence[UserState], interests: Sequence[Floats]) -> Tensor:
    """The tower's first places [B, D]."""
    encoded = [encode_profile(bundle.spec, state.profile) for state in states]
    tokens, _own = padded([profile.tokens for profile in encoded])  # PAD is 0
    return bundle.network.users.profile(
        torch.from_numpy(tokens),
        torch.from_numpy(np.stack([profile.numeric for profile in encoded])),
        torch.from_numpy(np.stack(interests)),
    )


def _read_by_tower(bundle: "LoadedBundle", events: Sequence[Event], count: int) -> Indices:
    """The places, among the last `count` events, of those that the tower reads: no dislikes it never learned.

    A tower that never met a dislike would take it for interest. The scorer's target attention reads it all the
    same, since it sees the value; and a dislike pushes by itself.
    """
    actions = [event.action for event in events[len(events) - count :]]
    known = [action not in NEGATIVE_ACTIONS or action in bundle.spec.actions for action in actions]
    return np.flatnonzero(known)
