"""The strongest links of each item, as the dense table of the contract."""

import numpy as np
from scipy import sparse

from models.contract.item_links import LinkTable

ENTRIES = 2_000_000
"""About the most links of one table: 16 MB."""
LEAST, MOST = 64, 1_024
"""Bounds on the links of an item."""


def count_links(item_count: int) -> int:
    """The number of links of each item, for a catalogue of this size."""
    return min(max(ENTRIES // max(item_count, 1), LEAST), MOST, max(item_count - 1, 1))


def keep_strongest(matrix: sparse.csr_array, keep: int) -> LinkTable:
    """The `keep` weights of greatest magnitude in each row of a matrix [I, I], equal ones by the lower column."""
    count = matrix.shape[0]
    rows = np.repeat(np.arange(count), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -np.abs(matrix.data), rows))
    place = np.arange(len(order)) - matrix.indptr[rows]  # rows ascend in the order, too
    kept = place < keep
    table = LinkTable(
        np.tile(np.arange(count, dtype=np.int32)[:, None], (1, keep)),
        np.zeros((count, keep), dtype=np.float32),
    )
    table.rows[rows[kept], place[kept]] = matrix.indices[order][kept]
    table.weights[rows[kept], place[kept]] = matrix.data[order][kept]
    return table
