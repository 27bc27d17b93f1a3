"""The figures of lists in random order: expectations, without a draw."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.protocols import RankingCase


@dataclass(frozen=True, slots=True)
class Chance:
    """Means over lists of the expected figures, where every order of a list's candidates is as likely."""

    hit_rate_at_10: float
    hit_rate_at_50: float
    ndcg_at_10: float


def expect_by_chance(case: RankingCase) -> Chance:
    """The figures of chance for the lists of a case."""
    return Chance(
        hit_rate_at_10=float(expected_hit_rate(case, 10).mean()),
        hit_rate_at_50=float(expected_hit_rate(case, 50).mean()),
        ndcg_at_10=float(expected_ndcg(case, 10).mean()),
    )


def expected_hit_rate(case: RankingCase, k: int) -> Doubles:
    """[C] the probability of a relevant item among the first k of n candidates, drawn without replacement."""
    candidates, relevant = _count(case)
    places = np.arange(k)
    left = np.maximum(candidates[:, None] - places, 1)
    missed = (
        np.maximum(candidates[:, None] - relevant[:, None] - places, 0) / left
    )  # [C, k] if all before are missed
    return np.asarray(1 - missed.prod(axis=1), dtype=np.float64)


def expected_ndcg(case: RankingCase, k: int) -> Doubles:
    """[C] the share of relevant items among the candidates, times the NDCG of a list of hits alone, unnormalised."""
    candidates, relevant = _count(case)
    filled = np.arange(k) < candidates[:, None]
    return np.asarray(relevant / candidates * ndcg(filled, relevant.astype(np.int64)), dtype=np.float64)


def _count(case: RankingCase) -> tuple[Doubles, Doubles]:
    """[C] the candidates and the relevant items of each list."""
    seen, relevant = np.diff(case.seen.indptr), np.diff(case.relevant.indptr)
    return (case.seen.shape[1] - seen).astype(np.float64), relevant.astype(np.float64)
