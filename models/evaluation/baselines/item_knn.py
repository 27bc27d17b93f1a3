"""Item-kNN: what resembles the user's items, by who had them (Sarwar et al. 2001; Dacrema et al. 2019)."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.evaluation.baselines.protocol import Scorer, or_popularity, popularity_share
from models.evaluation.full_ranking import largest
from models.evaluation.metrics.diversity import NO_ITEM
from models.evaluation.protocols import InteractionSet

NEIGHBOURS = (20, 50, 100, 200)
SHRINKAGES = (0.0, 10.0, 100.0)
BLOCK = 512
"""Items whose similarities are held at a time."""


@dataclass(frozen=True, slots=True)
class ItemNeighbours:
    """Cosine of the items' user sets, shrunk where few users tell; each item listens to its `count` nearest.

    An item's score is the sum of its similarities to those of them in the history. Items without any come
    last, the popular ones first.
    """

    count: int
    shrinkage: float
    name: str = "item-kNN"

    @property
    def settings(self) -> str:
        """See Baseline.settings."""
        return f"{self.count} neighbours, shrinkage {self.shrinkage:g}"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit."""
        similar = similarities(interactions.matrix(), self.count, self.shrinkage)
        share = popularity_share(interactions.popularity())

        def score(histories: sparse.csr_array) -> Floats:
            scores = (histories.astype(np.float32) @ similar).toarray()
            spoken = np.where(scores > 0, scores, share - 1)
            return or_popularity(spoken, histories, share)

        return score


def similarities(matrix: sparse.csr_array, count: int, shrinkage: float) -> sparse.csr_array:
    """float32 [I, I]: row j, column i holds sim(i, j) where j is among the `count` nearest of i, else 0.

    sim = |users of both| / (sqrt(|users of i| * |users of j|) + shrinkage), from bool [U, I].
    """
    users_of = matrix.astype(np.float32).tocsc()
    length = np.sqrt(np.diff(users_of.indptr)).astype(np.float32)
    blocks = [sparse.csr_array((0, users_of.shape[1]), dtype=np.float32)]
    for start in range(0, users_of.shape[1], BLOCK):
        own = slice(start, min(start + BLOCK, users_of.shape[1]))
        shared = (users_of[:, own].T @ users_of).toarray()  # [block, I]
        shared /= np.maximum(length[own, None] * length + np.float32(shrinkage), np.finfo(np.float32).tiny)
        rows = np.arange(len(shared))
        shared[rows, start + rows] = 0  # an item is not its own neighbour
        blocks.append(_keep_nearest(shared, count))
    return sparse.vstack(blocks, format="csr").T.tocsr()


def _keep_nearest(similar: Floats, count: int) -> sparse.csr_array:
    """The `count` largest of each row that are above 0, equal ones by the lower index."""
    nearest = largest(np.where(similar > 0, similar, -np.inf), count)
    rows, places = np.nonzero(nearest != NO_ITEM)
    columns = nearest[rows, places]
    return sparse.csr_array((similar[rows, columns], (rows, columns)), shape=similar.shape)
