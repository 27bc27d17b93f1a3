"""Users' profiles and events -> the predictor's input, by the feature definitions that training uses."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue import Catalogue
from app.bundle.padding import pad
from app.bundle.predictor import UserBatch
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import User
from models.contract.events import Event, EventColumns, column_events
from models.contract.features import encode_profile
from models.contract.history_window import read_window


class UserFeatures(NamedTuple):
    """B users as the predictor reads them, and the n catalogue rows of their events; -1 for unknown items."""

    batch: UserBatch
    rows: Indices  # [n]


def column_users(catalogue: Catalogue, users: Sequence[Sequence[Event]]) -> EventColumns:
    """The events of users, each oldest first, as columns over the catalogue's rows.

    Items that the catalogue lacks get the numbers -1, -2, ...: two such items are not the same.
    """
    unknown: dict[str, int] = {}

    def row_of(item_id: str) -> int:
        row = catalogue.row(item_id)
        return unknown.setdefault(item_id, -1 - len(unknown)) if row is None else row

    return column_events(users, row_of)


def build_features(
    bundle: LoadedBundle, profiles: Sequence[User | None], events: EventColumns, texts: Sequence[Floats]
) -> UserFeatures:
    """The features of at least one user, with all their events and the vectors [T] of their profiles' texts.

    Each user keeps the last `history_length` events (models.contract.history_window).
    """
    spec = bundle.spec
    window = read_window(spec, events)
    rows = np.maximum(window.events.items, -1)
    encoded = [encode_profile(spec, profile) for profile in profiles]
    tokens, _ = pad([profile.tokens for profile in encoded])  # PAD is 0
    batch = UserBatch(
        tokens=tokens,
        numeric=np.stack([profile.numeric for profile in encoded]),
        text=np.stack(texts),
        offsets=window.events.offsets,
        items=bundle.item_vectors(rows),
        events=window.arrays,
        tower=window.tower,
    )
    return UserFeatures(batch, rows)
