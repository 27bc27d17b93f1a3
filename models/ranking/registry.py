"""The registry of re-rankers. A new one is one file in this folder and one line here."""

from collections.abc import Callable

from models.contract.arrays import Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.dpp import greedy_map_dpp
from models.ranking.exploration import Choose
from models.ranking.greedy import SimilarTo
from models.ranking.mmr import mmr
from models.ranking.relevance import rank_by_relevance

Reranker = Callable[[Floats, SimilarTo, float, int, CategoryCap | None, Choose], Indices]
"""(relevance [K], similarity, strength 0..1, n, cap, choose) -> min(n, K) distinct positions, best first.

With a cap, a re-ranker picks open candidates only and reports each pick to it, and `choose` draws each pick
(`select_greedily` does all of this).
"""

RERANKERS: dict[str, Reranker] = {
    "none": rank_by_relevance,
    "mmr": mmr,
    "dpp": greedy_map_dpp,
}


class UnknownRerankerError(ValueError):
    """The diversity method is not registered."""


def find_reranker(method: str) -> Reranker:
    """The re-ranker with this name; raises UnknownRerankerError."""
    if method not in RERANKERS:
        raise UnknownRerankerError(f"expected {join_method_names()}, given {method[:80]!r}")
    return RERANKERS[method]


def join_method_names() -> str:
    """The registered names for a message: 'none', 'mmr' or 'dpp'."""
    *first, last = map(repr, RERANKERS)
    return f"{', '.join(first)} or {last}"
