"""Choose what of a history is left out in turn: the last items, those nearest to the slate's, and its categories."""

from collections.abc import Mapping

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.explain.label_affinity import prefers_label
from app.pipeline.types import Encoded
from models.contract.arrays import Indices, Mask
from models.contract.catalogue import Item
from models.contract.content_links import ContentTable
from models.contract.events import EXPOSURE_ACTIONS
from models.contract.feature_spec import FieldKind
from models.contract.feedback import has_action, wanted_items
from models.contract.hierarchy import collapse_attributes

MEASURED_ITEMS = 8
"""History items that are left out in turn; each costs an encoding."""
RECENT_ITEMS = 4
"""Of these, the last ones. On MovieLens-100k they are the strongest influence on half of the items of a slate."""
MEASURED_LABELS = 4
"""Categories that are left out in turn, each with all of its items."""
SIMILAR = 0.2
"""The least cosine of the vectors of similar items, less the mean item."""


def choose_items(bundle: LoadedBundle, encoded: Encoded, slate_rows: Indices) -> Indices:
    """Catalogue rows of at most MEASURED_ITEMS history items, ascending.

    They are the RECENT_ITEMS last ones, then those with the greatest link or cosine to a slate item.
    """
    taken = _taken_rows(encoded)
    rows = np.intersect1d(encoded.history_rows[encoded.history_rows >= 0], taken)
    if len(rows) <= MEASURED_ITEMS:
        return rows
    able = set(rows.tolist())
    newest = list(dict.fromkeys(row for row in taken[::-1].tolist() if row in able))
    cosine = bundle.unit_vectors(rows) @ bundle.unit_vectors(slate_rows).T
    nearest = rows[np.argsort(-cosine.max(axis=1), kind="stable")].tolist()
    chosen = list(dict.fromkeys([*newest[:RECENT_ITEMS], *nearest]))[:MEASURED_ITEMS]
    return np.array(sorted(chosen), dtype=np.int64)


def choose_labels(bundle: LoadedBundle, encoded: Encoded, slate_rows: Indices) -> Mapping[str, Indices]:
    """Category -> catalogue rows of the history that have it, for at most MEASURED_LABELS categories.

    They are those of most slate items, among the ones that the history prefers: at least as frequent in it as in the
    catalogue, and not in all of it.
    """
    catalogue, taken = bundle.catalogue, np.unique(_taken_rows(encoded))
    feedback = encoded.events.feedback[_is_taken(encoded)]
    wanted = wanted_items(_taken_rows(encoded), feedback)
    wanted_labels = [catalogue.labels[row] for row in wanted.tolist() if row >= 0]
    had = {row: catalogue.labels[row] for row in taken.tolist() if row >= 0}
    counts: dict[str, int] = {}
    for row in slate_rows.tolist():
        for label in deepest_labels(bundle, catalogue.item(row)):
            counts[label] = counts.get(label, 0) + 1
    chosen: dict[str, Indices] = {}
    for label in sorted(counts, key=lambda name: -counts[name]):
        rows = np.array([row for row, labels in had.items() if label in labels], np.int64)
        if 0 < len(rows) < len(taken) and prefers_label(wanted_labels, label, bundle.label_shares):
            chosen[label] = rows
        if len(chosen) == MEASURED_LABELS:
            break
    return chosen


def find_similar(bundle: LoadedBundle, rows: Indices, slate_rows: Indices) -> Mask:
    """[M, N] True where an item at one of M rows and one at N rows are SIMILAR, or item links lead to the second."""
    similar: Mask = bundle.unit_vectors(rows) @ bundle.unit_vectors(slate_rows).T >= SIMILAR
    for table in () if bundle.links is None else bundle.links.tables:
        inside = np.flatnonzero(rows < len(table.rows))  # no links lead from items put later
        linked = table.rows[rows[inside]][:, :, None] == slate_rows
        similar[inside] |= (linked & (table.weights[rows[inside]] > 0)[:, :, None]).any(axis=1)
    if bundle.links is not None and bundle.links.content is not None:
        similar |= find_content_links(bundle.links.content.table, rows, slate_rows)
    return similar


def find_content_links(table: ContentTable, rows: Indices, slate_rows: Indices) -> Mask:
    """[M, N] True where a content link leads from an item at one of M rows to one at N rows, which has no events."""
    linked = np.zeros((len(rows), len(slate_rows)), dtype=np.bool_)
    for entry in np.flatnonzero(np.isin(table.items, slate_rows)).tolist():
        sources = table.sources[entry][table.weights[entry] > 0]
        linked |= np.isin(rows, sources)[:, None] & (slate_rows == table.items[entry])
    return linked


def deepest_labels(bundle: LoadedBundle, item: Item) -> list[str]:
    """The labels of an item's category fields; of a category path only the whole."""
    attributes = collapse_attributes(item.attributes, bundle.spec.hierarchies)
    values = (attributes.get(field.name) for field in bundle.spec.fields(FieldKind.CATEGORIES))
    return [label for value in values if isinstance(value, tuple) for label in value]


def _is_taken(encoded: Encoded) -> Mask:
    return ~has_action(encoded.events.columns, EXPOSURE_ACTIONS)


def _taken_rows(encoded: Encoded) -> Indices:
    """Catalogue rows of the events but exposures, oldest first."""
    rows: Indices = encoded.events.columns.items[_is_taken(encoded)]
    return rows
