"""Candidate source: the items similar to the item that the user liked last."""

from fractions import Fraction

import numpy as np

from models.contract.arrays import Indices
from models.contract.user_vector import BIAS_COLUMNS, strip_bias
from models.ranking.order import best_rows
from models.ranking.similarity import unit_rows
from models.ranking.sources.source import RetrievalInput, Source

SIMILAR_POOL = 4
"""The source retrieves this many times k rows by inner product and keeps the best k by cosine."""


def find_similar_to_last_liked(request: RetrievalInput, k: int) -> Indices | None:
    """The k allowed rows with the greatest cosine to the last liked item, without that item, best first.

    They are chosen among the SIMILAR_POOL * k nearest by inner product. Vectors are used without the bias and relative
    to the centre. None if the user liked nothing.
    """
    liked = request.liked_row
    if liked is None:
        return None
    if k == 0:
        return np.zeros(0, dtype=np.int64)
    vectors, centre = request.items.vectors, request.items.centre
    probe = np.zeros(vectors.shape[1], dtype=np.float32)
    probe[:-BIAS_COLUMNS] = strip_bias(vectors[liked]) - centre
    others = request.allowed.copy()
    others[liked] = False
    pool = request.nearest(probe, SIMILAR_POOL * k, others)
    # The length of the probe does not change the order.
    cosine = unit_rows(strip_bias(vectors[pool]) - centre) @ strip_bias(probe)
    return pool[best_rows(cosine, k)]


SIMILAR = Source("similar_to_last_liked", find_similar_to_last_liked, Fraction(1, 6))
