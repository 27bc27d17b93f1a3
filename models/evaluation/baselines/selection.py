"""Choose the settings of every baseline on the validation split, as the network's are, and fit it.

A baseline is fitted on interactions and scores any histories, so that it may use events after the fit. Item-kNN and
EASE fall back to popularity for a user without a history.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.evaluation.baselines.protocol import Baseline, BaselineRefusedError, Scorer
from models.evaluation.baselines.registry import BASELINES
from models.evaluation.full_ranking import K, ListScorer, mean_ndcg, rank_lists
from models.evaluation.protocols import InteractionSet, RankingCase


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
    train: InteractionSet, valid: RankingCase, train_and_valid: InteractionSet
) -> FittedBaselines:
    """Every registered baseline, with the settings of its grid that have the best NDCG@10 on `valid`.

    Each candidate is fitted on `train`, the chosen one again on `train_and_valid`. If `valid` has no lists,
    the first candidate of each grid is chosen.
    """
    fitted: list[FittedBaseline] = []
    refused: dict[str, str] = {}
    for name, grid in BASELINES.items():
        try:
            best = choose_settings(grid(train.timed), train, valid)
            fitted.append(FittedBaseline(name, best.settings, best.fit(train_and_valid)))
        except BaselineRefusedError as error:
            refused[name] = str(error)
    return FittedBaselines(tuple(fitted), refused)


def choose_settings(candidates: Sequence[Baseline], train: InteractionSet, valid: RankingCase) -> Baseline:
    """The candidate with the best NDCG on `valid` when fitted on `train`; the first of equal ones."""
    if len(candidates) == 1 or not len(valid):
        return candidates[0]
    scores = [_validation_ndcg(baseline, train, valid) for baseline in candidates]
    return candidates[scores.index(max(scores))]


def _validation_ndcg(baseline: Baseline, train: InteractionSet, valid: RankingCase) -> float:
    scorer = baseline.fit(train)
    return mean_ndcg(rank_lists(lambda lists: scorer(valid.seen[lists]), valid, K), valid)
