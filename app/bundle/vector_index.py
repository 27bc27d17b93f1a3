"""The k rows with the greatest inner product, among those allowed: by FAISS, or exactly."""

from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np

from models.contract.arrays import Floats, Indices, Mask

OVER_FETCH = 500
"""Up to so many rows that are not allowed, fetching that many more is cheaper than a bitmap (docs/measurements.md)."""
GATHERED_SHARE = 0.5
"""Below this share of the rows, copying them out and scoring those alone is cheaper than scoring all."""


class IndexUnusableError(Exception):
    """The index failed, or does not hold the rows that it is asked about."""


class SearchIndex(Protocol):
    """Rows of a matrix by inner product."""

    def search(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """At most k rows, best first, of those that `allowed` [n] marks, for a vector [D + 1].

        An approximate index may give fewer than there are. Raises IndexUnusableError.
        """


@dataclass(frozen=True, slots=True)
class ExactSearch:
    """Brute force over vectors [n, D + 1]: always min(k, allowed) rows."""

    vectors: Floats

    def search(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """Exact; ties by row."""
        rows = np.flatnonzero(allowed)
        if len(rows) < GATHERED_SHARE * len(self.vectors):
            scores = self.vectors[rows] @ vector
        else:
            scores = (self.vectors @ vector)[rows]
        return rows[best_places(scores, k)]


@dataclass(frozen=True, slots=True)
class FaissSearch:
    """A FAISS index whose ids are the rows 0 .. ntotal - 1."""

    index: faiss.Index

    def search(self, vector: Floats, k: int, allowed: Mask) -> Indices:
        """As exact as the index is, which gives fewer rows where its probes hold fewer."""
        held = self.index.ntotal
        if held > len(allowed) or allowed[held:].any() or self.index.d != len(vector):
            raise IndexUnusableError(
                f"expected an index of {len(allowed)} rows of {len(vector)} numbers, "
                f"given {held} rows of {self.index.d}"
            )
        kept = allowed[:held]
        dropped = held - int(np.count_nonzero(kept))
        over_fetch = dropped <= OVER_FETCH
        fetched = k + dropped if over_fetch else k
        parameters = None if over_fetch else _selecting(self.index, kept)
        try:
            _, ids = self.index.search(
                np.ascontiguousarray(vector[None], dtype=np.float32), min(fetched, held), params=parameters
            )
        except RuntimeError as error:
            raise IndexUnusableError(f"expected an answer of the index, given {error}") from error
        found = ids[0][ids[0] >= 0]  # FAISS pads with -1
        return np.asarray(found[kept[found]][:k], dtype=np.int64)


def best_places(scores: Floats, k: int) -> Indices:
    """Places of the k greatest of scores [n], greatest first; ties by place, what is not finite sinks."""
    sound = np.where(np.isfinite(scores), scores, -np.inf)
    if k >= len(sound):
        return np.argsort(-sound, kind="stable")
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    least = np.partition(sound, len(sound) - k)[len(sound) - k]
    places = np.flatnonzero(sound >= least)  # ascending; more than k where the least is tied
    return places[np.argsort(-sound[places], kind="stable")][:k]


def _selecting(index: faiss.Index, kept: Mask) -> faiss.SearchParameters:
    """Search parameters that let only the marked rows through. faiss's stubs lack its keyword arguments."""
    selector = faiss.IDSelectorBitmap(np.packbits(kept, bitorder="little"))  # type: ignore[call-arg, arg-type]
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(sel=selector, nprobe=index.nprobe)  # type: ignore[call-arg]
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
