"""Find the items that others took lately together with a user's last items."""

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Encoded
from models.contract.arrays import Indices
from models.contract.item_links import TRANSITION_DECAY, TRANSITION_EVENTS, read_link_events


def find_partners(bundle: LoadedBundle, encoded: Encoded) -> Indices | None:
    """The rows of the partners of the user's last items, strongest first; None where there are none.

    The last items count as for the transitions of the item links.
    """
    table = bundle.together.table
    if not len(table):
        return None
    count = len(bundle.catalogue)
    items, shares = read_link_events(encoded.events.columns, bundle.spec.polarity, count)
    items, shares = items[:TRANSITION_EVENTS], shares[:TRANSITION_EVENTS]
    if not len(items):
        return None
    rows = table.join(items, shares * TRANSITION_DECAY ** np.arange(len(items), dtype=np.float32)).rows
    rows = rows[rows < count]
    return rows if len(rows) else None
