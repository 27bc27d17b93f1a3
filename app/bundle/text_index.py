"""The text vectors of a large bundle: an index, its exact rows in their file, and an even sample of them."""

from dataclasses import dataclass, field

import faiss
import numpy as np

from app.bundle.file_rows import FileRows
from app.bundle.row_selector import select_rows
from models.contract.arrays import Floats, Indices, Mask
from models.contract.text_search import TextSearch
from models.network.half_table import HalfTable

OVER_FETCH = 500
"""With at most this many rows that are not allowed, finding as many more is faster than a selection of the others."""
WIDER = 4
"""Rows whose cosines are computed exactly, at least, for each of those that are asked for."""


@dataclass(slots=True)
class TextSample:
    """Every s-th text vector in half precision, which has cosines within 1e-3. Kept for one s.

    A race of threads costs a second reading and nothing else.
    """

    rows: FileRows
    _made: tuple[int, HalfTable] | None = None

    def measure(self, step: int, vector: Floats) -> Floats:
        """[ceil(n / step)] the cosines of rows 0, step, 2 step, ... of the file with a vector [T]."""
        made = self._made
        if made is None or made[0] != step:
            texts = self.rows.read(np.arange(0, len(self.rows), step))
            made = self._made = step, HalfTable.of(texts)
        return made[1].multiply(vector)


@dataclass(frozen=True, slots=True, eq=False)
class TextIndex:
    """An index over the text vectors of the bundle's n items; changed items are searched beside it."""

    index: faiss.Index  # inverted lists, whose ids are the rows 0 .. n - 1
    search: TextSearch
    rows: FileRows  # [n, T]
    sample: TextSample = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sample", TextSample(self.rows))

    def find(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """Rows of the mask `allowed` [n] among which the k with the greatest cosines with a vector [T] are likely.

        Where fewer are allowed, more lists are searched, as each has fewer of them; all lists if that finds too few.
        """
        lists = faiss.extract_index_ivf(self.index)
        count, most = int(np.count_nonzero(allowed)), max(self.search.rescored, WIDER * k)
        dropped = len(allowed) - count
        selector = None if dropped <= OVER_FETCH else select_rows(allowed)
        most += dropped if selector is None else 0
        probes = min(-(-lists.nprobe * len(allowed) // max(count, 1)), lists.nlist)
        for searched in dict.fromkeys((probes, lists.nlist)):
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=searched)  # type: ignore[call-arg]
            _, ids = self.index.search(vector[None], min(most, len(allowed)), params=parameters)
            found = ids[0][ids[0] >= 0]  # FAISS pads with -1
            rows = np.asarray(found[allowed[found]], dtype=np.int64)
            if len(rows) >= min(k, count):
                break
        return rows
