"""Re-rank scored candidates for diversity, with an optional cap per category and a limit of its runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Indices, make_no_rows
from models.ranking.category_cap import CategoryCap
from models.ranking.category_run import limit_runs
from models.ranking.exploration import Choose, Exploration, Explorer, pick_best
from models.ranking.label_overlap import multi_hot
from models.ranking.new_items import NewItems, NewPlaces
from models.ranking.order import sort_by_relevance
from models.ranking.popularity_debias import Debias
from models.ranking.registry import find_reranker
from models.ranking.similarity import Similarity

RELEVANCE_ORDER = "rerank:relevance_order"
CATEGORY_CAP = "rerank:category_cap_exceeded"
CATEGORY_RUN = "rerank:category_run_exceeded"


@dataclass(frozen=True, slots=True)
class Diversity:
    """The diversity settings of a list; the defaults apply to a request without `diversity`."""

    method: str = "mmr"  # a name in RERANKERS
    strength: float = 0.3  # 0 is pure relevance, 1 the most diverse
    max_per_category: int | None = None
    max_consecutive: int | None = None  # the most items of one category in a row
    exploration: Exploration | None = None  # None: the best item at each place
    debias: Debias | None = None  # None: relevance is the score, whatever the popularity
    new: NewItems | None = None  # None: no place is kept for new items

    def take(self, rows: Indices) -> "Diversity":
        """The settings for the candidates at some positions."""
        if self.exploration is None and self.debias is None and self.new is None:
            return self
        return replace(
            self,
            exploration=None if self.exploration is None else self.exploration.take(rows),
            debias=None if self.debias is None else self.debias.take(rows),
            new=None if self.new is None else self.new.take(rows),
        )

    def below(self, chosen: Indices) -> "Diversity":
        """The settings for a list below these candidates [m]."""
        return self if self.new is None else replace(self, new=self.new.below(chosen))

    def relevance(self, scores: Floats) -> Floats:
        """The relevance [K] by which candidates with these scores [K] are re-ranked."""
        return scores if self.debias is None else self.debias.lower(scores)

    @property
    def has_limits(self) -> bool:
        """True if the list has a cap or a limit of runs, which the candidates may be too few to keep."""
        return self.max_per_category is not None or self.max_consecutive is not None


@dataclass(frozen=True, slots=True)
class RerankedList:
    """The chosen order of the candidates, with its diversity and its cost in relevance."""

    order: Indices  # [min(n, K)] distinct positions, best first
    intra_list_diversity: float
    relevance_cost: float  # mean score of the n greatest scores minus mean score of the chosen; >= 0
    degraded: tuple[str, ...] = ()  # RELEVANCE_ORDER, CATEGORY_CAP, CATEGORY_RUN
    propensity: Floats | None = (
        None  # [n] with exploration, of each place; NaN where the limit of runs filled it
    )
    given: Indices = field(
        default_factory=make_no_rows
    )  # positions in the list as places are due to new items


def rerank(
    scores: Floats,
    vectors: Floats,
    labels: Sequence[frozenset[str]],
    diversity: Diversity,
    n: int,
    above: Sequence[frozenset[str]] = (),
) -> RerankedList:
    """Choose and order n of K candidates with scores [K], vectors [K, D] and K label sets.

    `above` are the label sets of the items just before the list, such as the end of the page before: a run goes on.
    If a score or vector is not finite, the order is by relevance alone, without figures, and `degraded` has
    RELEVANCE_ORDER. It has CATEGORY_CAP if the list could not be filled within the cap, and CATEGORY_RUN if it has
    a run above the limit. Raises UnknownRerankerError.
    """
    similarity = Similarity.of(vectors, labels)
    by_relevance = sort_by_relevance(scores)
    if not (np.isfinite(scores).all() and np.isfinite(similarity.unit).all()):
        return RerankedList(by_relevance[:n], 0.0, 0.0, (RELEVANCE_ORDER,))
    relevance = diversity.relevance(scores)
    order, degraded, propensity, given = _select(relevance, similarity, labels, diversity, n)
    if diversity.max_consecutive is not None:
        others = by_relevance if relevance is scores else sort_by_relevance(relevance)
        pool = order if diversity.max_per_category is not None else _append_others(order, others)
        pool_labels = [labels[position] for position in pool.tolist()]
        places, kept = limit_runs(pool_labels, diversity.max_consecutive, n, above)
        order, degraded = pool[places], degraded if kept else (*degraded, CATEGORY_RUN)
        if propensity is not None:
            unknown = np.full(len(pool) - len(propensity), np.nan, dtype=np.float32)
            propensity = np.concatenate([propensity, unknown])[places]
    cost = _mean(scores[by_relevance[: len(order)]]) - _mean(scores[order])
    given = given[np.isin(given, order)] if len(given) else given
    return RerankedList(order, similarity.diversity(order), max(cost, 0.0), degraded, propensity, given)


NO_ROWS = make_no_rows()


class Selected(NamedTuple):
    """An order [min(n, K)], the degradations, the propensities of an exploration, and the new items by due places."""

    order: Indices
    degraded: tuple[str, ...] = ()
    propensity: Floats | None = None
    given: Indices = NO_ROWS


def _select(
    scores: Floats, similarity: Similarity, labels: Sequence[frozenset[str]], diversity: Diversity, n: int
) -> Selected:
    """The order by the diversity's method.

    An item of many categories counts for each of them. If the cap leaves too few candidates, the items with the most
    categories are barred, step by step; if that does not help, the cap is exceeded by as little as possible.
    """
    if diversity.max_per_category is None:
        return _select_within(None, scores, similarity, diversity, n)
    unbarred, (hot, sizes) = Selected(np.zeros(0, dtype=np.int64)), multi_hot(labels)
    sizes = np.maximum(sizes, 1)
    for size in np.unique(sizes)[::-1]:
        barred = sizes > size
        if len(unbarred.order) and np.count_nonzero(~barred) < n:
            break
        cap = CategoryCap(hot, diversity.max_per_category, barred)
        selected = _select_within(cap, scores, similarity, diversity, n)
        if not cap.exceeded:
            return selected
        unbarred = unbarred if len(unbarred.order) else selected
    return unbarred._replace(degraded=(CATEGORY_CAP,)) if len(unbarred.order) else unbarred


def _select_within(
    cap: CategoryCap | None,
    scores: Floats,
    similarity: Similarity,
    diversity: Diversity,
    n: int,
) -> Selected:
    """One run of the re-ranker. Each begins with the same draws of an exploration."""
    select, strength = find_reranker(diversity.method), diversity.strength
    explorer = None if diversity.exploration is None else Explorer(diversity.exploration)
    choose: Choose = pick_best if explorer is None else explorer.choose
    places = None if diversity.new is None else NewPlaces(diversity.new, choose)
    order = select(scores, similarity.to, strength, n, cap, choose if places is None else places.choose)
    propensity = None if explorer is None else np.array(explorer.propensities, dtype=np.float32)
    given = NO_ROWS if places is None else np.array(places.given, dtype=np.int64)
    return Selected(order, (), propensity, given)


def _append_others(order: Indices, by_relevance: Indices) -> Indices:
    """The order, and after it the other candidates by relevance, which may break a run."""
    return np.concatenate([order, by_relevance[~np.isin(by_relevance, order)]])


def _mean(scores: Floats) -> float:
    return float(scores.mean(dtype=np.float64)) if len(scores) else 0.0
