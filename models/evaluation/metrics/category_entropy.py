"""The entropy of the categories of a list (Shannon 1948): how evenly its places are shared among them."""

import numpy as np
from scipy import sparse

from models.contract.arrays import Indices
from models.evaluation.metrics.lists import NO_ITEM


def category_entropy(lists: Indices, attributes: sparse.csr_array) -> float:
    """Mean over lists [C, k] of the entropy in bits of the categories' shares of the list's places.

    `attributes`, bool [I, A], are the items' categories; an item of several gives each an equal part of its place.
    NO_ITEM and items without a category are left out; nan where no list has a categorised item.
    """
    numbers, places = np.nonzero(lists != NO_ITEM)
    if not len(numbers) or not attributes.shape[1]:
        return float("nan")
    items = attributes[lists[numbers, places]].astype(np.float64)
    sizes = np.diff(items.indptr)
    parts = sparse.csr_array(
        (np.repeat(1 / np.maximum(sizes, 1), sizes), items.indices, items.indptr), shape=items.shape
    )
    place_of = sparse.csr_array((np.ones(len(numbers)), (numbers, np.arange(len(numbers)))))
    held = (place_of @ parts).toarray()  # [C, A] the places that each category has
    held = held[held.any(axis=1)]
    if not len(held):
        return float("nan")
    shares = held / held.sum(axis=1, keepdims=True)
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(-(shares * logs).sum(axis=1).mean())
