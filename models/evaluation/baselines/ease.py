"""EASE: a linear autoencoder over items, solved in closed form (Steck 2019)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.evaluation.baselines.protocol import BaselineRefusedError, Scorer, or_popularity, popularity_share
from models.evaluation.protocols import InteractionSet

LAMBDAS = (50.0, 100.0, 200.0, 500.0, 1000.0)
MOST_ITEMS = 20_000
"""The method inverts a matrix of items by items: 1.6 GB and minutes at this size, growing with the cube."""


@dataclass(frozen=True, slots=True)
class Ease:
    """`penalty` is the paper's lambda, the L2 regularisation."""

    penalty: float
    name: str = "EASE"

    @property
    def settings(self) -> str:
        """See Baseline.settings."""
        return f"lambda {self.penalty:g}"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit; refuses more than MOST_ITEMS items."""
        if interactions.n_items > MOST_ITEMS:
            raise BaselineRefusedError(
                f"expected at most {MOST_ITEMS} items, for EASE inverts a matrix of items by items, "
                f"given {interactions.n_items}"
            )
        weights = item_weights(interactions.matrix(), self.penalty)
        share = popularity_share(interactions.popularity())

        def score(histories: sparse.csr_array) -> Floats:
            return or_popularity(histories.astype(np.float32) @ weights, histories, share)

        return score


def item_weights(matrix: sparse.csr_array, penalty: float) -> Floats:
    """B [I, I] of bool [U, I], the diagonal 0: B = -P / diag(P), P = inv(X'X + penalty I)."""
    users = matrix.astype(np.float32)
    gram = (users.T @ users).toarray()
    gram[np.diag_indices_from(gram)] += np.float32(penalty)
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights, dtype=np.float32)
