"""The re-rankers by name: a new one is one file, and one line here."""

from collections.abc import Callable

from models.contract.arrays import Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.dpp import greedy_map_dpp
from models.ranking.greedy import SimilarTo
from models.ranking.mmr import mmr
from models.ranking.relevance import rank_by_relevance

Reranker = Callable[[Floats, SimilarTo, float, int, CategoryCap | None], Indices]
"""(relevance [K], similarity, strength 0..1, n, cap) -> min(n, K) distinct positions, best first.

A re-ranker picks within the cap, if there is one, and tells it each pick (`select_greedily` does both).
"""

RERANKERS: dict[str, Reranker] = {
    "none": rank_by_relevance,
    "mmr": mmr,
    "dpp": greedy_map_dpp,
}


class UnknownRerankerError(ValueError):
    """A diversity method that is not registered."""


def find_reranker(method: str) -> Reranker:
    """The re-ranker of a method; raises UnknownRerankerError."""
    if method not in RERANKERS:
        raise UnknownRerankerError(f"expected {named_methods()}, given {method[:80]!r}")
    return RERANKERS[method]


def named_methods() -> str:
    """The registered methods as a message lists them: 'none', 'mmr' or 'dpp'."""
    *first, last = map(repr, RERANKERS)
    return f"{', '.join(first)} or {last}"
