"""The exposures of a job as columns, in the order of its corpus, with the moments up to which each may know others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats, Indices
from models.recipe.ingestion import JobData
from models.training.corpus import PART_TEST, PART_VALID


@dataclass(frozen=True, slots=True)
class Exposures:
    """n exposures by user, oldest first. A statistic of a user counts events before `times`, any other before `known`.

    `known` is the exposure's own time in training, and the beginning of its part in validation and test, as for the
    item statistics of the network.
    """

    users: Indices  # [n]
    items: Indices  # [n]
    surfaces: Indices  # [n]
    times: Doubles  # [n]
    known: Doubles  # [n]
    part: NDArray[np.int8]  # [n] models.training.corpus.PART_*
    targets: Mapping[str, Floats]  # head -> [n] 0/1


def read_exposures(data: JobData, surface: str) -> Exposures:
    """The exposures of a job without earlier events, whose context `surface` says where each was shown."""
    corpus = data.corpus
    rows = np.arange(len(corpus.items), dtype=np.int64)
    times = corpus.times_at(rows)
    known = times.copy()
    for part, moment in ((PART_VALID, data.split.valid_at), (PART_TEST, data.split.test_at)):
        known[corpus.part == part] = moment
    return Exposures(
        users=corpus.user_of(rows),
        items=corpus.items.astype(np.int64),
        surfaces=corpus.log.contexts[surface].codes[corpus.log_rows].astype(np.int64),
        times=times,
        known=known,
        part=corpus.part,
        targets={labels.head.task.name: labels.targets_at(rows)[:, 0] for labels in corpus.labels},
    )
