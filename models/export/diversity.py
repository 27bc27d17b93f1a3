"""The service's default diversity: as much as costs at most a hundredth of the objective on validation lists.

MMR and DPP are tried. At equal diversity either may cost less: it depends on the catalogue and the candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats
from models.contract.bundle import DefaultDiversity
from models.contract.even_sample import take_evenly
from models.contract.fusion import Fusion
from models.evaluation.candidates import CandidateValues, ServedItems
from models.evaluation.metrics.graded_ndcg import graded_ndcg
from models.evaluation.served_lists import ScoredList, fuse_list
from models.export.fusion import K, ValidationLists
from models.ranking.rerank import Diversity, rerank

METHODS = ("mmr", "dpp")
"""The methods to choose from; of two that are as diverse the first."""
STRENGTHS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
MOST_COST = 0.01
"""The share of the objective's NDCG@10 that the default may cost."""
MOST_LISTS = 300
"""Lists of a protocol over which strengths are tried, evenly spaced: re-ranking is slow beside fusing."""
LEAST_LISTS = 20
"""With fewer validation lists the cost is not known, and the default is UNKNOWN."""
NONE = DefaultDiversity(method=METHODS[0], strength=0.0)
UNKNOWN = DefaultDiversity(method=METHODS[0], strength=0.05)


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting: the mean objective (graded NDCG@10) and intra-list diversity over all lists."""

    setting: DefaultDiversity
    objective: float
    intra_list_diversity: float


@dataclass(frozen=True, slots=True)
class DiversityFit:
    """The default, and every setting that was tried, NONE first; empty without lists."""

    default: DefaultDiversity
    trials: tuple[Trial, ...]


class _JudgedList(NamedTuple):
    """One list to re-rank with every setting."""

    given: ScoredList
    gains: Floats  # [n] what each candidate is worth
    ideal: float  # the discounted gains of the best list
    clear_intent: bool


def fit_diversity(
    scored: Sequence[CandidateValues], judged: Sequence[ValidationLists], items: ServedItems, fusion: Fusion
) -> DiversityFit:
    """The setting with the most intra-list diversity that keeps all but MOST_COST of the objective, over all lists."""
    if sum(map(len, judged)) < LEAST_LISTS:
        return DiversityFit(UNKNOWN, ())
    pairs = zip(scored, judged, strict=True)
    lists = [one for candidates, own in pairs for one in _read_lists(candidates, own, items, fusion)]
    settings = [DefaultDiversity(method=method, strength=s) for method in METHODS for s in STRENGTHS]
    trials = tuple(_try_setting(setting, lists) for setting in (NONE, *settings))
    least = (1 - MOST_COST) * trials[0].objective
    allowed = [trial for trial in trials if trial.objective >= least]
    return DiversityFit(max(allowed, key=lambda trial: trial.intra_list_diversity).setting, trials)


def describe_diversity(fit: DiversityFit) -> str:
    """One line for the console."""
    chosen = fit.default
    if not fit.trials:
        return f"default diversity: {chosen.method} {chosen.strength:g}, for want of validation lists"
    none, found = (
        next(trial for trial in fit.trials if trial.setting == setting) for setting in (NONE, chosen)
    )
    return (
        f"default diversity: {chosen.method} {chosen.strength:g}, with intra-list diversity "
        f"{found.intra_list_diversity:.3f} instead of {none.intra_list_diversity:.3f}, and objective "
        f"{found.objective:.4f} instead of {none.objective:.4f} on validation"
    )


def _read_lists(
    candidates: CandidateValues, judged: ValidationLists, items: ServedItems, fusion: Fusion
) -> list[_JudgedList]:
    """At most MOST_LISTS lists of a protocol."""
    return [
        _JudgedList(
            fuse_list(candidates, number, items, fusion),
            judged.gains[number][judged.is_candidate[number]],
            float(judged.ideal[number]),
            bool(candidates.clear_intent[number]),
        )
        for number in take_evenly(np.arange(len(judged)), MOST_LISTS).tolist()
    ]


def _try_setting(setting: DefaultDiversity, lists: Sequence[_JudgedList]) -> Trial:
    gains = np.zeros((len(lists), K), dtype=np.float32)
    diversity = []
    for number, one in enumerate(lists):
        settings = Diversity(setting.method, 0.0 if one.clear_intent else setting.strength)
        reranked = rerank(one.given.scores, one.given.vectors, one.given.labels, settings, K)
        gains[number, : len(reranked.order)] = one.gains[reranked.order]
        diversity.append(reranked.intra_list_diversity)
    quality = graded_ndcg(gains, np.array([one.ideal for one in lists]))
    return Trial(setting, float(quality.mean()), float(np.mean(diversity)))
