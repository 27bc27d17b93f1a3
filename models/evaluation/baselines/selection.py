"""Honest baselines: each gets its settings from the validation split, like the network it is compared with.

A baseline is fitted on interactions and scores the histories it is given, so that it too may use what a user
did after the fit. For a user with no history item-kNN and EASE say nothing, and fall back to popularity.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from models.evaluation.baselines.ease import LAMBDAS, Ease
from models.evaluation.baselines.item_knn import NEIGHBOURS, SHRINKAGES, ItemNeighbours
from models.evaluation.baselines.popularity import WINDOWS, Popularity, RecentPopularity
from models.evaluation.baselines.protocol import BaselineRefusedError, Scorer
from models.evaluation.full_ranking import K, ScoresOf, accuracy, recommend_all
from models.evaluation.protocols import InteractionSet, RankingCase


class Baseline(Protocol):
    """One baseline with one choice of settings."""

    @property
    def name(self) -> str:
        """As printed in the report."""
        ...

    @property
    def settings(self) -> str:
        """The settings, as printed in the report; empty where there are none."""
        ...

    def fit(self, interactions: InteractionSet) -> Scorer:
        """Raises BaselineRefusedError where the data is more than the method can hold."""
        ...


@dataclass(frozen=True, slots=True)
class FittedBaseline:
    """A baseline with the settings that were best on validation, fitted on all that precedes the test."""

    name: str
    settings: str
    scorer: Scorer

    def scores_of(self, case: RankingCase) -> ScoresOf:
        """For `evaluate_ranking`: scores of all items, from what each list's user had seen."""
        return lambda rows: self.scorer(case.seen[rows])


@dataclass(frozen=True, slots=True)
class FittedBaselines:
    """All that could be fitted, and the reason why of each that could not, by name."""

    fitted: tuple[FittedBaseline, ...]
    refused: dict[str, str]


def fit_baselines(
    train: InteractionSet, valid: RankingCase, train_and_valid: InteractionSet
) -> FittedBaselines:
    """Popularity, recent popularity, item-kNN and EASE, their settings the best by NDCG@10 on `valid`.

    Fitted on `train` to choose, then on `train_and_valid` with what was chosen. Where `valid` has no lists,
    the first settings of each grid stand.
    """
    fitted: list[FittedBaseline] = []
    refused: dict[str, str] = {}
    for family in families(train.timed):
        try:
            best = choose(family, train, valid)
            fitted.append(FittedBaseline(best.name, best.settings, best.fit(train_and_valid)))
        except BaselineRefusedError as error:
            refused[family[0].name] = str(error)
    return FittedBaselines(tuple(fitted), refused)


def families(timed: bool) -> tuple[tuple[Baseline, ...], ...]:
    """Every baseline, each with its grid of settings; without times there is no window to choose."""
    windows = WINDOWS if timed else (None,)
    return (
        (Popularity(),),
        tuple(RecentPopularity(days) for days in windows),
        tuple(ItemNeighbours(count, shrinkage) for count in NEIGHBOURS for shrinkage in SHRINKAGES),
        tuple(Ease(penalty) for penalty in LAMBDAS),
    )


def choose(family: Iterable[Baseline], train: InteractionSet, valid: RankingCase) -> Baseline:
    """The first of those that rank `valid` best when fitted on `train`."""
    candidates = list(family)
    if len(candidates) == 1 or not len(valid):
        return candidates[0]
    scores = [_ndcg(candidate, train, valid) for candidate in candidates]
    return candidates[scores.index(max(scores))]


def _ndcg(baseline: Baseline, train: InteractionSet, valid: RankingCase) -> float:
    scores_of = FittedBaseline(baseline.name, baseline.settings, baseline.fit(train)).scores_of(valid)
    return accuracy(recommend_all(scores_of, valid, K), valid).ndcg
