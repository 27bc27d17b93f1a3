"""Fit of the regression table: EASE (Steck 2019), with the similarity of the items' content as additional counts.

The content enters as in Jeunen et al. 2020 ("Closed-form models for collaborative filtering with side-information"):
as if items had been taken together in proportion to the similarity of their texts and vectors.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.item_links import LinkTable
from models.evaluation.baselines.ease import count_together, solve_weights
from models.export.strongest_links import keep_strongest_dense

MOST_ITEMS = 12_000
"""Items in the model, the most popular ones: it inverts a matrix of items by items, of 576 MB at this size."""


class RegressionSettings(NamedTuple):
    """The settings of one fit."""

    penalty: float  # the paper's lambda (L2)
    content: float  # co-occurrences that two items of equal content count as


def fit_regression(
    matrix: sparse.csr_array, content: Floats, settings: RegressionSettings, keep: int
) -> LinkTable:
    """The `keep` strongest weights of each item, from bool [U, I] and unit content vectors [I, C], zeros without."""
    chosen = choose_items(matrix)
    gram = count_together(matrix[:, chosen])
    if settings.content:
        gram += np.float32(settings.content) * measure_similarity(content[chosen])
    weights = solve_weights(gram, settings.penalty)
    return keep_strongest_dense(weights, chosen, matrix.shape[1], keep)


def choose_items(matrix: sparse.csr_array) -> Indices:
    """The rows of the MOST_ITEMS most popular items, ascending; equal ones by row."""
    popularity = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.sort(np.argsort(-popularity, kind="stable")[:MOST_ITEMS]).astype(np.int64)


def measure_similarity(content: Floats) -> Floats:
    """[I, I] the squared cosine of content vectors, 0 where the cosine is negative; [I, C] of length 1 or 0."""
    cosine = np.maximum(content @ content.T, 0)
    return np.asarray(cosine * cosine, dtype=np.float32)
