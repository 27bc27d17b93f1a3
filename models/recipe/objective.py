"""What a slate is worth: the gain of each taken item by the outcomes that the job's objective weighs."""

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.tasks import NEXT
from models.evaluation.protocols import RankingCase
from models.recipe.ingestion import JobData


def measure_gains(data: JobData) -> Floats:
    """[n] the gain of each of the corpus's events: the weighted outcomes of what was taken, else 0.

    An outcome is in [0, 1]: being taken for `next`, and a task's label by its range. An unknown label counts as 0.
    """
    corpus, weights = data.corpus, data.job.objective_weights
    gains = np.full(len(corpus.items), weights.get(NEXT, 0.0), dtype=np.float32)
    rows = np.arange(len(corpus.items), dtype=np.int64)
    for labels in corpus.labels:
        weight = weights.get(labels.head.task.name, 0.0)
        if weight:
            low, high = labels.head.task.range or (0.0, 1.0)
            outcome = (labels.targets_at(rows)[:, 0] - low) / (high - low)
            gains += weight * np.where(labels.has_target(rows), outcome, 0.0).astype(np.float32)
    return np.asarray(gains * (corpus.weights > 0), dtype=np.float32)


def spread_gains(data: JobData, case: RankingCase, part: int) -> sparse.csr_array:
    """The gains [C, I] of a case's relevant items: those of the user's first event with the item in the part."""
    corpus, items = data.corpus, case.relevant.shape[1]
    rows = np.flatnonzero((corpus.part == part) & (corpus.weights > 0))
    pairs, first = np.unique(corpus.user_of(rows) * items + corpus.items[rows], return_index=True)
    lists = np.repeat(np.arange(len(case)), np.diff(case.relevant.indptr))
    wanted: Indices = case.users[lists] * items + case.relevant.indices
    gains = measure_gains(data)[rows[first[np.searchsorted(pairs, wanted)]]]
    return sparse.csr_array((gains, case.relevant.indices, case.relevant.indptr), shape=case.relevant.shape)
