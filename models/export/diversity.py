"""The service's default diversity: as much as costs at most a hundredth of the objective on validation lists."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.bundle import DefaultDiversity
from models.contract.even_sample import take_evenly
from models.contract.fusion import Fusion, contributions, fuse
from models.evaluation.candidates import CandidateValues, ServedItems
from models.evaluation.metrics.graded_ndcg import graded_ndcg
from models.evaluation.metrics.lists import NO_ITEM
from models.export.fusion import K, ValidationLists
from models.ranking.rerank import Diversity, rerank

METHOD = "mmr"
STRENGTHS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
MOST_COST = 0.01
"""The share of the objective's NDCG@10 that the default may cost."""
MOST_LISTS = 300
"""Lists of a protocol over which strengths are tried, evenly spaced: re-ranking is slow beside fusing."""
LEAST_LISTS = 20
"""With fewer validation lists the cost is not known, and the default is UNKNOWN."""
UNKNOWN = 0.05


@dataclass(frozen=True, slots=True)
class Trial:
    """One strength: the mean objective (graded NDCG@10) and intra-list diversity over all lists."""

    strength: float
    objective: float
    intra_list_diversity: float


@dataclass(frozen=True, slots=True)
class DiversityFit:
    """The default, and every strength that was tried; none without lists."""

    default: DefaultDiversity
    trials: tuple[Trial, ...]


def fit_diversity(
    scored: Sequence[CandidateValues], judged: Sequence[ValidationLists], items: ServedItems, fusion: Fusion
) -> DiversityFit:
    """The greatest strength of MMR whose lists keep all but MOST_COST of the objective, over lists of any protocol."""
    if sum(map(len, judged)) < LEAST_LISTS:
        return DiversityFit(DefaultDiversity(method=METHOD, strength=UNKNOWN), ())
    trials = tuple(_try_strength(strength, scored, judged, items, fusion) for strength in STRENGTHS)
    least = (1 - MOST_COST) * trials[0].objective
    allowed = [trial.strength for trial in trials if trial.objective >= least]
    return DiversityFit(DefaultDiversity(method=METHOD, strength=max(allowed)), trials)


def describe_diversity(fit: DiversityFit) -> str:
    """One line for the console."""
    chosen = fit.default
    if not fit.trials:
        return f"default diversity: {chosen.method} {chosen.strength:g}, for want of validation lists"
    none, found = (
        next(trial for trial in fit.trials if trial.strength == strength)
        for strength in (0.0, chosen.strength)
    )
    return (
        f"default diversity: {chosen.method} {chosen.strength:g}, with intra-list diversity "
        f"{found.intra_list_diversity:.3f} instead of {none.intra_list_diversity:.3f}, and objective "
        f"{found.objective:.4f} instead of {none.objective:.4f} on validation"
    )


def _try_strength(
    strength: float,
    scored: Sequence[CandidateValues],
    judged: Sequence[ValidationLists],
    items: ServedItems,
    fusion: Fusion,
) -> Trial:
    quality, diversity = [], []
    for candidates, lists in zip(scored, judged, strict=True):
        numbers = take_evenly(np.arange(len(lists)), MOST_LISTS)
        gains = np.zeros((len(numbers), K), dtype=np.float32)
        for place, number in enumerate(numbers.tolist()):
            settings = Diversity(METHOD, 0.0 if candidates.clear_intent[number] else strength)
            row = candidates.items[number]
            present = row != NO_ITEM
            rows = row[present]
            values = {name: value[number][present] for name, value in candidates.values.items()}
            scores = fuse(contributions(fusion, values, fusion.weights))
            vectors = items.arrays.vectors[rows, :-1] - items.arrays.centre
            reranked = rerank(scores, vectors, [items.labels[item] for item in rows.tolist()], settings, K)
            gains[place, : len(reranked.order)] = lists.gains[number][present][reranked.order]
            diversity.append(reranked.intra_list_diversity)
        quality.append(graded_ndcg(gains, lists.ideal[numbers]))
    return Trial(strength, float(np.concatenate(quality).mean()), float(np.mean(diversity)))
