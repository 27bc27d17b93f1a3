"""Measure the lists of all methods: the main table, other lengths, slices, and the noise of the differences."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.evaluation.full_ranking import DEPTHS, K, match_relevant
from models.evaluation.metrics.lists import ItemFacts, RankedLists
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.registry import measure_hits, measure_lists
from models.evaluation.protocols import RankingCase
from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import MODEL, SERVED, RankingRow, RankingTable, Slice
from models.evaluation.sampling_error import clustered_error
from models.evaluation.slices import cut_slices

DEPTH = max(DEPTHS)
"""The length of the lists that every method ranks; each shorter list is the beginning of a longer one."""

Measure = Callable[[RankedLists, ItemFacts], dict[str, float]]


@dataclass(frozen=True, slots=True)
class RankedMethod:
    """A method of the report with its lists."""

    name: str
    settings: str
    lists: Indices  # [C, DEPTH] item rows, best first; NO_ITEM where a list is shorter


def tabulate(
    methods: Sequence[RankedMethod], case: RankingCase, facts: ItemFacts, all_lists: int
) -> RankingTable:
    """All figures of methods that ranked the C lists of a case, a sample of `all_lists`."""
    return RankingTable(
        lists=len(case),
        all_lists=all_lists,
        rows=_measure_rows(methods, case, facts, K, measure_lists),
        at_k={k: _measure_rows(methods, case, facts, k, measure_hits) for k in DEPTHS},
        slices=tuple(_measure_slices(methods, case, facts)),
        comparisons=tuple(_compare_with_baselines(methods, case)),
    )


def _measure_rows(
    methods: Sequence[RankedMethod], case: RankingCase, facts: ItemFacts, k: int, measure: Measure
) -> tuple[RankingRow, ...]:
    """A row for each method, by the metrics of `measure` at k."""
    return tuple(
        RankingRow(
            name=method.name,
            settings=method.settings,
            figures=measure(match_relevant(method.lists[:, :k], case), facts),
        )
        for method in methods
    )


def _measure_slices(methods: Sequence[RankedMethod], case: RankingCase, facts: ItemFacts) -> Iterator[Slice]:
    """Yield each slice with its rows at K."""
    for name, part in cut_slices(case, facts.popularity):
        sliced = [RankedMethod(method.name, method.settings, method.lists[part.lists]) for method in methods]
        rows = _measure_rows(sliced, part.case, facts, K, measure_hits)
        yield Slice(name=name, lists=len(part.lists), rows=rows)


def _compare_with_baselines(methods: Sequence[RankedMethod], case: RankingCase) -> Iterator[Comparison]:
    """Yield the NDCG of each row of the network next to each baseline; lists of one user count as dependent."""
    gains = {method.name: _gains(method, case) for method in methods}
    for name in (MODEL, SERVED):
        for baseline in [other for other in gains if other not in (MODEL, SERVED)] if name in gains else ():
            yield _compare(name, baseline, gains, case.users)


def _compare(name: str, baseline: str, gains: dict[str, Doubles], users: Indices) -> Comparison:
    differences = gains[name] - gains[baseline]
    return Comparison(
        method=name,
        other=baseline,
        figure="ndcg",
        value=float(gains[name].mean()),
        other_value=float(gains[baseline].mean()),
        advantage=float(differences.mean()),
        standard_error=clustered_error(differences, users),
    )


def _gains(method: RankedMethod, case: RankingCase) -> Doubles:
    """The NDCG [C] of each of a method's lists at K."""
    ranked = match_relevant(method.lists[:, :K], case)
    return np.asarray(ndcg(ranked.hits, ranked.relevant), dtype=np.float64)
