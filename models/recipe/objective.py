"""The worth of a slate: the outcomes of each taken item, and their sum by the weights of the job's objective."""

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.tasks import NEXT
from models.evaluation.protocols import RankingCase
from models.recipe.ingestion import JobData


def measure_outcomes(data: JobData) -> dict[str, Floats]:
    """Head of the objective -> [n] the outcome in [0, 1] of each of the corpus's events; 0 for what was not taken.

    It is 1 for `next`, and a task's label by its range; an unknown label counts as 0.
    """
    corpus, taken = data.corpus, (data.corpus.weights > 0).astype(np.float32)
    rows = np.arange(len(corpus.items), dtype=np.int64)
    outcomes = {NEXT: taken}
    for labels in corpus.labels:
        if labels.head.task.name in data.job.objective_weights:
            low, high = labels.head.task.range or (0.0, 1.0)
            outcome = (labels.targets_at(rows)[:, 0] - low) / (high - low)
            known = np.where(labels.has_target(rows), outcome, 0.0).astype(np.float32)
            outcomes[labels.head.task.name] = known * taken
    return outcomes


def spread_outcomes(data: JobData, case: RankingCase, part: int) -> dict[str, sparse.csr_array]:
    """Head -> the outcomes [C, I] of a case's relevant items, at the user's first event with the item in the part."""
    corpus, shape = data.corpus, case.relevant.shape
    rows = np.flatnonzero((corpus.part == part) & (corpus.weights > 0))
    pairs, first = np.unique(corpus.user_of(rows) * shape[1] + corpus.items[rows], return_index=True)
    lists = np.repeat(np.arange(len(case)), np.diff(case.relevant.indptr))
    wanted: Indices = case.users[lists] * shape[1] + case.relevant.indices
    events = rows[first[np.searchsorted(pairs, wanted)]]
    return {
        head: sparse.csr_array((outcome[events], case.relevant.indices, case.relevant.indptr), shape=shape)
        for head, outcome in measure_outcomes(data).items()
    }


def sum_outcomes(outcomes: Mapping[str, sparse.csr_array], weights: Mapping[str, float]) -> sparse.csr_array:
    """The gains [C, I]: the outcomes, which are of the same items, by the objective's weights."""
    pattern = outcomes[NEXT]
    total = np.zeros(len(pattern.data), dtype=np.float32)
    for head, weight in weights.items():
        total += np.float32(weight) * outcomes[head].data
    return sparse.csr_array((total, pattern.indices, pattern.indptr), shape=pattern.shape)
