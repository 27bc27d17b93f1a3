"""Repeat the golden queries of a bundle's index over text vectors: the service must find what the exporter found."""

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue_texts import find_nearest_texts
from models.contract.bundle import TEXT_INDEX, BundleError

TOLERANCE = 0.02
"""Of the mean recall: cosines are rounded in another way here, which swaps rows with almost the same one."""


def check_text_search(bundle: LoadedBundle) -> None:
    """Raises BundleError if the search finds less of the nearest rows than in its export; passes without an index."""
    catalogue = bundle.catalogue
    if catalogue.text_index is None:
        return
    golden = catalogue.text_index.search
    every = np.ones(len(catalogue), dtype=np.bool_)
    shares = []
    for query, nearest in zip(golden.queries, golden.nearest, strict=True):
        found = find_nearest_texts(catalogue, query, len(nearest), every).rows
        shares.append(len(np.intersect1d(found, nearest)) / len(nearest))
    recall, expected = float(np.mean(shares)), float(golden.recall.mean())
    if recall < expected - TOLERANCE:
        raise BundleError(
            f"expected a recall of {expected:.3f} of the golden queries in {TEXT_INDEX}, given {recall:.3f}"
        )
