"""EASE: a linear autoencoder over items, solved in closed form (Steck 2019)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.evaluation.baselines.protocol import (
    Baseline,
    BaselineRefusedError,
    Scorer,
    popularity_share,
    popularity_without_history,
)
from models.evaluation.protocols import InteractionSet

LAMBDAS = (50.0, 100.0, 200.0, 500.0, 1000.0)
MOST_ITEMS = 6_000
"""The method inverts a matrix of items by items: 144 MB and about 20 s at this size, cubic in the items."""


@dataclass(frozen=True, slots=True)
class Ease:
    """Scores an item by a linear model of the user's other items; `penalty` is the paper's lambda (L2)."""

    penalty: float
    most_items: int = MOST_ITEMS

    @property
    def settings(self) -> str:
        """See Baseline.settings."""
        return f"lambda {self.penalty:g}"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit; raises BaselineRefusedError for more than `most_items` items."""
        if interactions.n_items > self.most_items:
            raise BaselineRefusedError(
                f"expected at most {self.most_items} items, since EASE inverts a matrix of items by items, "
                f"given {interactions.n_items}"
            )
        weights = item_weights(interactions.matrix(), self.penalty)
        share = popularity_share(interactions.popularity())

        def score(histories: sparse.csr_array) -> Floats:
            return popularity_without_history(histories.astype(np.float32) @ weights, histories, share)

        return score


def ease_grid(timed: bool) -> tuple[Baseline, ...]:
    """One baseline for each penalty in LAMBDAS."""
    return tuple(Ease(penalty, MOST_ITEMS) for penalty in LAMBDAS)


def item_weights(matrix: sparse.csr_array, penalty: float) -> Floats:
    """B [I, I] from X, bool [U, I]: `solve_weights` of X'X."""
    return solve_weights(count_together(matrix), penalty)


def count_together(matrix: sparse.csr_array) -> Floats:
    """X'X [I, I], the number of users of both items, from X, bool [U, I]."""
    users = matrix.astype(np.float32)
    return np.asarray((users.T @ users).toarray(), dtype=np.float32)


def solve_weights(gram: Floats, penalty: float) -> Floats:
    """B [I, I] of G [I, I], which is overwritten: B = -P / diag(P) with a zero diagonal, P = inv(G + penalty I)."""
    gram[np.diag_indices_from(gram)] += np.float32(penalty)
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights, dtype=np.float32)
