"""Item-kNN baseline by shrunk cosine similarity (Sarwar et al. 2001; Dacrema et al. 2019)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.evaluation.baselines.protocol import (
    Baseline,
    Scorer,
    popularity_share,
    popularity_without_history,
)
from models.evaluation.full_ranking import select_top
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.protocols import InteractionSet

NEIGHBOURS = (20, 50, 100, 200)
SHRINKAGES = (0.0, 10.0, 100.0)
BLOCK = 512
"""Items whose similarities to all items are in memory at once."""


@dataclass(frozen=True, slots=True)
class ItemNeighbours:
    """Scores an item by the sum of its similarities to the items of the history, each with `count` neighbours.

    Similarity is the cosine of the items' user sets, shrunk where few users are shared. Items without a
    neighbour in the history come last, in order of popularity.
    """

    count: int
    shrinkage: float

    @property
    def settings(self) -> str:
        """See Baseline.settings."""
        return f"{self.count} neighbours, shrinkage {self.shrinkage:g}"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit."""
        similarities = nearest_similarities(interactions.matrix(), self.count, self.shrinkage)
        share = popularity_share(interactions.popularity())

        def score(histories: sparse.csr_array) -> Floats:
            sums = (histories.astype(np.float32) @ similarities).toarray()
            return popularity_without_history(np.where(sums > 0, sums, share - 1), histories, share)

        return score


def item_knn_grid(timed: bool) -> tuple[Baseline, ...]:
    """One baseline for each pair of NEIGHBOURS and SHRINKAGES."""
    return tuple(ItemNeighbours(count, shrinkage) for count in NEIGHBOURS for shrinkage in SHRINKAGES)


def nearest_similarities(matrix: sparse.csr_array, count: int, shrinkage: float) -> sparse.csr_array:
    """float32 [I, I]: row j, column i holds sim(i, j) where j is among the `count` nearest of i, else 0.

    sim = |users of both| / (sqrt(|users of i| * |users of j|) + shrinkage), from bool [U, I].
    """
    users_of = matrix.astype(np.float32).tocsc()
    length = np.sqrt(np.diff(users_of.indptr)).astype(np.float32)
    blocks = [sparse.csr_array((0, users_of.shape[1]), dtype=np.float32)]
    for start in range(0, users_of.shape[1], BLOCK):
        block = slice(start, min(start + BLOCK, users_of.shape[1]))
        similarities = (users_of[:, block].T @ users_of).toarray()  # [block, I] users of both
        scale = length[block, None] * length + np.float32(shrinkage)
        similarities /= np.maximum(scale, np.finfo(np.float32).tiny)
        rows = np.arange(len(similarities))
        similarities[rows, start + rows] = 0  # an item is not its own neighbour
        blocks.append(_keep_nearest(similarities, count))
    return sparse.vstack(blocks, format="csr").T.tocsr()


def _keep_nearest(similarities: Floats, count: int) -> sparse.csr_array:
    """The `count` largest of each row that are above 0, equal ones by the lower index."""
    nearest = select_top(np.where(similarities > 0, similarities, -np.inf), count)
    rows, positions = np.nonzero(nearest != NO_ITEM)
    columns = nearest[rows, positions]
    return sparse.csr_array((similarities[rows, columns], (rows, columns)), shape=similarities.shape)
