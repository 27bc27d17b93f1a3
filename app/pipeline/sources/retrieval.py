"""Candidates from named sources: near the user, popular now, like the last liked, like the query, asked for.

Every source gives its own best among the allowed rows. All but `neighbours` have a share of the total, and
`neighbours` fills what they leave, so that min(total, allowed) candidates come out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from app.bundle.catalogue import Catalogue
from app.bundle.vector_index import ExactSearch, IndexUnusableError, SearchIndex, best_places
from app.pipeline.types import Candidates, Encoded, Query
from models.contract.arrays import Floats, Indices, Mask
from models.contract.statistics import STATISTICS

EXACT_SEARCH = "retrieve:exact_search"
FEW_ROWS = 20_000
"""Up to here brute force over the allowed rows is as fast as an index (docs/measurements.md)."""
FEW_SHARE = 0.05
"""Below this share of the catalogue a filter breaks an index's recall (docs/measurements.md): brute force again."""
SIMILAR_POOL = 4
"""`similar_to_last_liked` takes so many times its share by inner product, and keeps the best by cosine."""
TINY = 1e-12
RECENT = STATISTICS.index("recent")


class Source(StrEnum):
    """Who may find a candidate."""

    NEIGHBOURS = "neighbours"  # inner product with the user's vector: the `next` head's order
    POPULAR = "popular"  # recent interactions; items without any are not popular
    SIMILAR = "similar_to_last_liked"  # cosine with the last liked item, but not that item
    QUERY = "query"  # cosine of the texts, where it is above 0
    ASKED = "asked"  # named by the request (rank); then no other source is asked


@dataclass(frozen=True, slots=True)
class RetrievalLimits:
    """At most so many candidates in all, and of each source but `neighbours`."""

    total: int = 300
    popular: int = 50
    similar: int = 50
    query: int = 100

    def __post_init__(self) -> None:
        if self.popular + self.similar + self.query >= self.total:
            raise ValueError(f"expected shares that leave some of the total to the neighbours, given {self}")


@dataclass(frozen=True, slots=True)
class Retriever:
    """The catalogue's index, whose row numbers are the catalogue's, and the limits."""

    index: SearchIndex
    limits: RetrievalLimits = RetrievalLimits()
    centre: Floats | None = None  # [D] the mean item, from which cosines are measured; None: the origin

    def wide(self, total: int) -> "Retriever":
        """The same with room for at least `total` candidates."""
        return replace(self, limits=replace(self.limits, total=max(total, self.limits.total)))

    def retrieve(
        self, catalogue: Catalogue, query: Query, encoded: Encoded, allowed: Mask, liked_row: int | None
    ) -> Candidates:
        """Candidates among the allowed rows [n]; `liked_row` is the last liked item's, if there is one.

        An index that fails is made good by exact search, and `degraded` says so.
        """
        degraded: tuple[str, ...] = ()
        if query.item_ids is not None:
            found = {Source.ASKED: _asked(catalogue, query.item_ids, allowed)}
        else:
            view = _View(catalogue, encoded, allowed, liked_row, self)
            try:
                found = _found(view, self.index)
            except IndexUnusableError:
                found = _found(view, ExactSearch(catalogue.vectors))
                degraded = (EXACT_SEARCH,)
        rows = _union(found, self.limits.total)
        return Candidates(
            rows=rows,
            sources=tuple(source.value for source in found),
            found_by=np.stack([np.isin(rows, hits) for hits in found.values()]),
            allowed=int(np.count_nonzero(allowed)),
            degraded=degraded,
        )


@dataclass(frozen=True, slots=True)
class _View:
    """What the sources look at."""

    catalogue: Catalogue
    encoded: Encoded
    allowed: Mask
    liked_row: int | None
    retriever: Retriever

    @property
    def limits(self) -> RetrievalLimits:
        return self.retriever.limits


def nearest(catalogue: Catalogue, index: SearchIndex, vector: Floats, k: int, allowed: Mask) -> Indices:
    """The min(k, allowed) rows with the greatest inner product with a vector [D + 1], best first.

    Exact where few rows are allowed, and over the rows that the index does not hold as they are now; else as
    exact as the index. Raises IndexUnusableError.
    """
    exact = ExactSearch(catalogue.vectors)
    count = int(np.count_nonzero(allowed))
    if count <= max(FEW_ROWS, FEW_SHARE * len(allowed)):
        return exact.search(vector, k, allowed)
    fresh, indexed = catalogue.fresh, allowed.copy()
    indexed[fresh] = False
    found = index.search(vector, k, indexed)
    if len(found) < min(k, int(np.count_nonzero(indexed))):
        return exact.search(vector, k, allowed)
    rows = np.concatenate([found, fresh[allowed[fresh]]])
    return rows[best_places(catalogue.vectors[rows] @ vector, k)]


def _found(view: _View, index: SearchIndex) -> dict[Source, Indices]:
    """Every source's own rows, best first."""
    catalogue, limits, text = view.catalogue, view.limits, view.encoded.text
    found = {
        Source.NEIGHBOURS: nearest(catalogue, index, view.encoded.vector, limits.total, view.allowed),
        Source.POPULAR: _popular(view),
    }
    if view.liked_row is not None:
        found[Source.SIMILAR] = _similar(view, index, view.liked_row)
    if text is not None and catalogue.text.shape[1]:
        rows = ExactSearch(catalogue.text).search(text, limits.query, view.allowed)
        found[Source.QUERY] = rows[catalogue.text[rows] @ text > 0]
    return found


def _popular(view: _View) -> Indices:
    recent = view.catalogue.statistics[:, RECENT]
    rows = np.flatnonzero(view.allowed & (recent > 0))
    return rows[best_places(recent[rows], view.limits.popular)]


def _similar(view: _View, index: SearchIndex, liked_row: int) -> Indices:
    """Rows by cosine with the liked item, out of the nearest by inner product; without the bias."""
    vectors, centre = view.catalogue.vectors, view.retriever.centre
    probe = vectors[liked_row].copy()
    probe[-1] = 0
    if centre is not None:
        probe[:-1] -= centre
    others = view.allowed.copy()
    others[liked_row] = False
    pool = nearest(view.catalogue, index, probe, SIMILAR_POOL * view.limits.similar, others)
    found = vectors[pool, :-1] if centre is None else vectors[pool, :-1] - centre
    cosine = found @ probe[:-1] / np.maximum(np.linalg.norm(found, axis=1), TINY)
    return pool[best_places(cosine, view.limits.similar)]


def _asked(catalogue: Catalogue, item_ids: Sequence[str], allowed: Mask) -> Indices:
    """The allowed rows of the ids, in their order, each once."""
    rows = dict.fromkeys(catalogue.row(item_id) for item_id in item_ids)
    return np.array([row for row in rows if row is not None and allowed[row]], dtype=np.int64)


def _union(found: Mapping[Source, Indices], total: int) -> Indices:
    """Distinct rows of all sources: the neighbours first, as many as the others leave of the total."""
    others = np.concatenate(
        [
            np.zeros(0, dtype=np.int64),
            *(hits for source, hits in found.items() if source is not Source.NEIGHBOURS),
        ]
    )
    neighbours = found.get(Source.NEIGHBOURS, others[:0])
    alone = ~np.isin(neighbours, others)
    room = total - len(np.unique(others))
    kept = neighbours[~alone | (np.cumsum(alone) <= room)]
    return np.array(list(dict.fromkeys([*kept.tolist(), *others.tolist()])), dtype=np.int64)
