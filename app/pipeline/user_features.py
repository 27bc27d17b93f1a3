"""Build the predictor's input from profiles and events, with the feature definitions of training."""

from collections.abc import Sequence
from dataclasses import replace
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
from models.contract.roles import NO_ROLES, Roles, read_action


class UserFeatures(NamedTuple):
    """The predictor's input for B users, and the n catalogue rows of the events that it holds."""

    batch: UserBatch
    rows: Indices  # [n]


def build_columns(
    catalogue: Catalogue, users: Sequence[Sequence[Event]], roles: Roles = NO_ROLES
) -> EventColumns:
    """The events of users, each oldest first, as columns over the catalogue's rows, read by their actions' roles.

    Items that the catalogue lacks, and blank ones (models.contract.blank_items), get the distinct rows -1, -2, ...
    """
    unknown: dict[str, int] = {}
    blank = catalogue.blank

    def row_of(item_id: str) -> int:
        row = catalogue.row(item_id)
        return unknown.setdefault(item_id, -1 - len(unknown)) if row is None or blank[row] else row

    columns = column_events(users, row_of)
    return replace(columns, action_names=tuple(read_action(name, roles) for name in columns.action_names))


def build_features(
    bundle: LoadedBundle, profiles: Sequence[User | None], events: EventColumns, texts: Sequence[Floats]
) -> UserFeatures:
    """The features of B >= 1 users from all their events and the text vectors [T] of their profiles.

    Each user keeps the last `history_length` events (models.contract.history_window).
    """
    spec = bundle.spec
    window = read_window(spec, events)
    rows = window.events.items
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
