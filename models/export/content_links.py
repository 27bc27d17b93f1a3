"""Fit of the content links: what predicts the links of items without events from their words."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from models.contract.arrays import Doubles, Floats
from models.contract.content_links import RIDGE, ContentLinks, ContentModel, link_texts
from models.contract.words import InvertedIndex, index_words
from models.export.regression import RegressionSettings, choose_items, fit_regression

KEEP = 128
"""The links of an anchor that the model reads."""
DIRECTIONS = 256
"""The word directions that the ridge regression is exact within."""
DENSE = 1_000
"""Texts or words up to which the decomposition is dense: of few texts with the same words ARPACK starts again at
random, and the same job would not give the same bundle."""
MOST_COLD = 10_000
"""Items without events that get content links at export, the last rows.

Each costs some milliseconds at export, and 64 products in every request of a user with a history.
"""


def fit_content(matrix: sparse.csr_array, texts: Sequence[str], penalty: float) -> ContentLinks | None:
    """From the items of each user, bool [U, I], and the items' texts; `penalty` is that of the regression of links.

    None without two items with events, or where none of them has a word.
    """
    taken = np.bincount(matrix.indices, minlength=matrix.shape[1])
    anchors = choose_items(matrix)
    anchors = anchors[taken[anchors] > 0]
    words = index_words([texts[item] for item in anchors.tolist()])
    if len(anchors) < 2 or not len(words.codes):
        return None
    directions, values = find_directions(words)
    keep = min(KEEP, matrix.shape[1] - 1)
    table = fit_regression(
        matrix, np.zeros((matrix.shape[1], 0), np.float32), RegressionSettings(penalty, 0.0), keep
    )
    number = np.full(matrix.shape[1], -1, dtype=np.int32)
    number[anchors] = np.arange(len(anchors))
    linked = number[table.rows[anchors]]
    model = ContentModel(
        anchors,
        words,
        directions,
        (values**2 / (values**2 + RIDGE)).astype(np.float32),
        np.maximum(linked, 0),
        np.where(linked < 0, np.float32(0), table.weights[anchors]),
    )
    cold = np.flatnonzero(taken == 0)[-MOST_COLD:]
    links = link_texts(model, cold, [texts[item] for item in cold.tolist()])
    return ContentLinks(model, links, links)


def find_directions(words: InvertedIndex) -> tuple[Floats, Doubles]:
    """The first DIRECTIONS left singular vectors [N, R] of the texts' word vectors, and the singular values [R]."""
    columns = np.repeat(np.arange(len(words.codes)), np.diff(words.offsets))
    shape = (words.size, len(words.codes))
    vectors = sparse.csr_array((words.weights.astype(np.float64), (words.texts, columns)), shape=shape)
    rank = min(DIRECTIONS, min(shape) - 1)
    if rank < 1:
        return np.zeros((words.size, 0), dtype=np.float32), np.zeros(0)
    if min(shape) <= DENSE:
        every, sizes, _ = np.linalg.svd(vectors.toarray(), full_matrices=False)
        return np.ascontiguousarray(every[:, :rank], dtype=np.float32), sizes[:rank]
    start = np.random.default_rng(0).standard_normal(min(shape))
    left, values, _ = svds(vectors, k=rank, v0=start)
    return np.ascontiguousarray(left, dtype=np.float32), np.asarray(values)
