"""The frontier of diversity: the objective and what lists gain in diversity, at every method and strength."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.contract.bundle import DefaultDiversity
from models.contract.fusion import Fusion
from models.evaluation.candidates import CandidateValues, EvaluationLists, ServedItems
from models.evaluation.full_ranking import K
from models.evaluation.list_search.list_value import LIST_VALUES
from models.evaluation.metrics.category_entropy import category_entropy
from models.evaluation.metrics.coverage import coverage
from models.evaluation.metrics.graded_ndcg import graded_ndcg, ideal_gains, read_gains
from models.evaluation.metrics.intra_list_diversity import cosine_diversity, jaccard_diversity
from models.evaluation.metrics.lists import ItemFacts
from models.evaluation.metrics.novelty import novelty
from models.evaluation.paired_bootstrap import Interval, bootstrap_difference
from models.evaluation.served_lists import PURE_ORDER, rank_candidates
from models.ranking.rerank import Diversity

STRENGTHS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9)
SEED = 0
"""Of the intervals' resamples."""
LABELS, VECTORS = "labels", "vectors"


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """The lists of one method and strength: means over lists, and the coverage of all of them."""

    method: str
    strength: float
    is_default: bool
    objective: float  # graded NDCG@K by the job's objective
    difference: Interval | None  # in objective to the order without diversity; None for that order
    intra_list_diversity: float | None  # None where it is undefined, as are the others
    coverage: float | None
    category_entropy: float | None
    novelty: float | None


def choose_settings(default: DefaultDiversity) -> tuple[Diversity, ...]:
    """The order without diversity first, then every method by its strengths, the default's among them."""
    strengths = {method: set(STRENGTHS) for method in LIST_VALUES}
    if default.method != PURE_ORDER.method:
        strengths[default.method].add(default.strength)
    return (
        PURE_ORDER,
        *(Diversity(method, strength) for method, own in strengths.items() for strength in sorted(own)),
    )


def choose_space(facts: ItemFacts) -> str:
    """The space in which lists are compared: labels, or content vectors where no item has a label.

    Both come from the data, not from the network's training, unless the job has neither labels nor text.
    """
    return LABELS if facts.attributes.nnz else VECTORS


def measure_frontier(
    candidates: CandidateValues,
    lists: EvaluationLists,
    items: ServedItems,
    facts: ItemFacts,
    fusion: Fusion,
    default: DefaultDiversity,
) -> Iterator[FrontierPoint]:
    """Yield the point of each of `choose_settings`, over C lists of K items of the same candidates.

    As in the service's default, a clear intent leaves the order as it is.
    """
    ideal, pure = ideal_gains(lists.gains, K), np.zeros(0)
    for setting in choose_settings(default):
        ranked = rank_candidates(candidates, items, fusion, setting, K, keeps_intent=True)
        objective = graded_ndcg(read_gains(lists.gains, ranked), ideal)
        pure = objective if setting == PURE_ORDER else pure
        difference = None if setting == PURE_ORDER else bootstrap_difference(objective, pure, SEED)
        is_default = (setting.method, setting.strength) == (default.method, default.strength)
        yield make_point(setting, is_default, objective, difference, ranked, facts)


def make_point(
    setting: Diversity,
    is_default: bool,
    objective: Doubles,
    difference: Interval | None,
    ranked: Indices,
    facts: ItemFacts,
) -> FrontierPoint:
    """The point of lists [C, K] with the objective [C]."""
    return FrontierPoint(
        method=setting.method,
        strength=0.0 if setting == PURE_ORDER else setting.strength,
        is_default=is_default,
        objective=float(objective.mean()),
        difference=difference,
        intra_list_diversity=_defined(_diversity_in(choose_space(facts), facts)(ranked)),
        coverage=_defined(coverage(ranked, len(facts.popularity))),
        category_entropy=_defined(category_entropy(ranked, facts.attributes)),
        novelty=_defined(novelty(ranked, facts.popularity)),
    )


def _diversity_in(space: str, facts: ItemFacts) -> Callable[[Indices], float]:
    if space == LABELS:
        return lambda ranked: jaccard_diversity(ranked, facts.attributes)
    return lambda ranked: cosine_diversity(ranked, facts.vectors)


def _defined(figure: float) -> float | None:
    return figure if np.isfinite(figure) else None
