"""The strongest links of each item, as the dense table of the contract."""

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.item_links import LinkTable

ENTRIES = 2_000_000
"""About the most links of one table: 16 MB, up to ENTRIES / LEAST items."""
LEAST, MOST = 64, 1_024
"""Bounds on the links of an item; LEAST counts for large catalogues, where a table has more than ENTRIES."""
BLOCK_ROWS = 512
"""Rows of dense weights that are sorted at a time."""


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
    table = _make_table(count, keep)
    table.rows[rows[kept], place[kept]] = matrix.indices[order][kept]
    table.weights[rows[kept], place[kept]] = matrix.data[order][kept]
    return table


def keep_strongest_dense(weights: Floats, chosen: Indices, item_count: int, keep: int) -> LinkTable:
    """As `keep_strongest`, for weights [n, n] between the items `chosen` [n], ascending, of all `item_count` items.

    A block of rows at a time: an index for each weight would take many times the memory of the weights.
    """
    table = _make_table(item_count, keep)
    width = min(keep, len(chosen))
    for start in range(0, len(chosen), BLOCK_ROWS):
        block = weights[start : start + BLOCK_ROWS]
        columns = np.sort(np.argpartition(-np.abs(block), width - 1, axis=1)[:, :width], axis=1)
        kept = np.take_along_axis(block, columns, axis=1)
        order = np.argsort(-np.abs(kept), axis=1, kind="stable")
        kept, columns = np.take_along_axis(kept, order, axis=1), np.take_along_axis(columns, order, axis=1)
        items = chosen[start : start + BLOCK_ROWS]
        table.rows[items, :width] = np.where(kept == 0, items[:, None], chosen[columns])
        table.weights[items, :width] = kept
    return table


def _make_table(item_count: int, keep: int) -> LinkTable:
    """A table without links."""
    return LinkTable(
        np.tile(np.arange(item_count, dtype=np.int32)[:, None], (1, keep)),
        np.zeros((item_count, keep), dtype=np.float32),
    )
