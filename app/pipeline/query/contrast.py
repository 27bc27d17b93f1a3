"""The contrast of a plan: what its liked and unliked items mean for all items."""

from dataclasses import replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Encoded, Query
from models.contract.arrays import Indices
from models.contract.user_vector import strip_bias
from models.ranking.contrast import measure_contrast


def add_contrast(bundle: LoadedBundle, query: Query, encoded: Encoded) -> Encoded:
    """The encoded user with the logits of the plan's contrast; as it is where the plan names no known items."""
    liked, unliked = _rows(bundle, query.plan.like), _rows(bundle, query.plan.unlike)
    if not len(liked) and not len(unliked):
        return encoded
    catalogue = bundle.catalogue
    labels = [catalogue.labels[row] for row in range(len(catalogue))]
    vectors = strip_bias(catalogue.vectors) - bundle.mean_vector
    return replace(encoded, contrast_logits=measure_contrast(vectors, labels, liked, unliked))


def _rows(bundle: LoadedBundle, item_ids: tuple[str, ...]) -> Indices:
    rows = [bundle.catalogue.row(item_id) for item_id in item_ids]
    return np.array([row for row in rows if row is not None], dtype=np.int64)
