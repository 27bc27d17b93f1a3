"""Fit of the regression table: EASE (Steck 2019), with the similarity of the items' content as additional counts.

The content enters as in Jeunen et al. 2020 ("Closed-form models for collaborative filtering with side-information"):
as if items had been taken together in proportion to the similarity of their texts and vectors.
"""

from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse

from models.contract.arrays import Floats, Indices
from models.contract.item_links import LinkTable
from models.export.strongest_links import keep_strongest

MOST_ITEMS = 12_000
"""Items in the model, the most popular ones: it inverts a matrix of items by items (2.3 GB, about a minute)."""


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
    full = sparse.coo_array(weights)
    table = sparse.csr_array((full.data, (chosen[full.row], chosen[full.col])), shape=(matrix.shape[1],) * 2)
    return keep_strongest(table, keep)


def choose_items(matrix: sparse.csr_array) -> Indices:
    """The rows of the MOST_ITEMS most popular items, ascending; equal ones by row."""
    popularity = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.sort(np.argsort(-popularity, kind="stable")[:MOST_ITEMS]).astype(np.int64)


def count_together(matrix: sparse.csr_array) -> Floats:
    """[I, I] the number of users of both items, from bool [U, I]."""
    users = matrix.astype(np.float32)
    return np.asarray((users.T @ users).toarray(), dtype=np.float32)


def measure_similarity(content: Floats) -> Floats:
    """[I, I] the squared cosine of content vectors, 0 where the cosine is negative; [I, C] of length 1 or 0."""
    cosine = np.maximum(content @ content.T, 0)
    return np.asarray(cosine * cosine, dtype=np.float32)


def solve_weights(gram: Floats, penalty: float) -> Floats:
    """B [I, I] of a gram matrix, which is overwritten: -P / diag(P) with a zero diagonal, P = inv(gram + penalty)."""
    gram[np.diag_indices_from(gram)] += np.float32(penalty)
    factor, _ = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, fault = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if fault:
        raise ValueError(f"expected a positive definite gram matrix, given one that fails at row {fault}")
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.asarray(weights, dtype=np.float32)
