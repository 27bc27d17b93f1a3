"""Sizes of the evaluation's samples, which follow from counts: the same job and data give the same samples."""

from dataclasses import dataclass

from models.job.evaluation_config import EvaluationConfig

MOST_LISTS, FEWEST_LISTS = 3_000, 300
MOST_EVENTS, FEWEST_EVENTS = 20_000, 2_000
LEARNED_PER_LIST = 80
LEARNED_PER_EVENT = 20
"""Events learned from (in all epochs) for each list or event that is measured, so that measuring takes less time.

A list costs as much as about 15 such events, in each of two protocols, a test event 1 (docs/measurements.md).
"""


@dataclass(frozen=True, slots=True)
class SampleSizes:
    """The most lists of each ranking protocol, and the most test events for the heads."""

    lists: int
    events: int


def choose_sizes(config: EvaluationConfig, learned: int) -> SampleSizes:
    """The job's sizes; where it sets none, sizes that suit a training of `learned` events times epochs."""
    return SampleSizes(
        lists=config.max_lists or min(MOST_LISTS, max(FEWEST_LISTS, learned // LEARNED_PER_LIST)),
        events=config.max_events or min(MOST_EVENTS, max(FEWEST_EVENTS, learned // LEARNED_PER_EVENT)),
    )
