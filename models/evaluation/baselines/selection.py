"""Choose the settings of every baseline on the validation split, as the network's are, and fit it.

A baseline is fitted on interactions and scores any histories, so that it may use events after the fit. Item-kNN and
EASE fall back to popularity for a user without a history.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.baselines.protocol import Baseline, BaselineRefusedError, Scorer
from models.evaluation.baselines.registry import BASELINES, CHEAP_BASELINES
from models.evaluation.full_ranking import K, ListScorer, mean_ndcg, rank_lists
from models.evaluation.protocols import InteractionSet, RankingCase

TUNING_ITEMS = 2_000
"""Settings are chosen over the most popular items of a larger catalogue: the cost of EASE is cubic in the items."""
OUT_OF_TIME = "the evaluation had used its time (evaluation.max_minutes)"


@dataclass(frozen=True, slots=True)
class FittedBaseline:
    """A baseline with the settings that were best on validation, fitted on all that precedes the test."""

    name: str
    settings: str
    scorer: Scorer

    def list_scorer(self, case: RankingCase) -> ListScorer:
        """Scores of all items for the lists of a case, from what each list's user had seen."""
        return lambda lists: self.scorer(case.seen[lists])


@dataclass(frozen=True, slots=True)
class FittedBaselines:
    """The fitted baselines, and name -> reason for each baseline that could not be fitted."""

    fitted: tuple[FittedBaseline, ...]
    refused: dict[str, str]


def fit_baselines(
    train: InteractionSet,
    valid: RankingCase,
    train_and_valid: InteractionSet,
    out_of_time: Callable[[], bool] = lambda: False,
) -> FittedBaselines:
    """Every registered baseline, with the settings of its grid that have the best NDCG@10 on `valid`.

    Each candidate is fitted on `train`, the chosen one again on `train_and_valid`. If `valid` has no lists,
    the first candidate of each grid is chosen. Once `out_of_time` returns True only the cheap baselines are begun.
    """
    fitted: list[FittedBaseline] = []
    refused: dict[str, str] = {}
    train, valid = limit_items(train, valid)
    for name, grid in BASELINES.items():
        if name not in CHEAP_BASELINES and out_of_time():
            refused[name] = OUT_OF_TIME
            continue
        try:
            best = choose_settings(grid(train.timed), train, valid)
            fitted.append(FittedBaseline(name, best.settings, best.fit(train_and_valid)))
        except BaselineRefusedError as error:
            refused[name] = str(error)
    return FittedBaselines(tuple(fitted), refused)


def limit_items(train: InteractionSet, valid: RankingCase) -> tuple[InteractionSet, RankingCase]:
    """Both over the TUNING_ITEMS most popular items of `train`, equal ones by row; unchanged if there are no more."""
    if train.n_items <= TUNING_ITEMS:
        return train, valid
    items = np.sort(np.argsort(-train.popularity(), kind="stable")[:TUNING_ITEMS])
    return train.keep_items(items), valid.keep_items(items)


def choose_settings(candidates: Sequence[Baseline], train: InteractionSet, valid: RankingCase) -> Baseline:
    """The candidate with the best NDCG on `valid` when fitted on `train`; the first of equal ones."""
    if len(candidates) == 1 or not len(valid):
        return candidates[0]
    scores = [_validation_ndcg(baseline, train, valid) for baseline in candidates]
    return candidates[scores.index(max(scores))]


def _validation_ndcg(baseline: Baseline, train: InteractionSet, valid: RankingCase) -> float:
    scorer = baseline.fit(train)
    return mean_ndcg(rank_lists(lambda lists: scorer(valid.seen[lists]), valid, K), valid)
