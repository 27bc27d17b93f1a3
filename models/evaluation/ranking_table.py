"""Measure the lists of all methods: the main table, other lengths, slices, user groups, exposure, and comparisons."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.evaluation.exposure import divide_by_popularity, share_of, share_places
from models.evaluation.full_ranking import DEPTHS, K, match_relevant
from models.evaluation.group_quality import measure_groups
from models.evaluation.metrics.lists import ItemFacts, RankedLists
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.registry import measure_hits, measure_lists
from models.evaluation.protocols import RankingCase
from models.evaluation.report.fairness import PopularityBand, UserGrouping
from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import MODEL, SERVED, RankingRow, RankingTable, Slice
from models.evaluation.sampling_error import clustered_error
from models.evaluation.slices import cut_slices
from models.evaluation.user_groups import Attributes, group_lists

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
    methods: Sequence[RankedMethod],
    case: RankingCase,
    facts: ItemFacts,
    all_lists: int,
    attributes: Attributes,
) -> RankingTable:
    """All figures of methods that ranked the C lists of a case, a sample of `all_lists`, with users' attributes."""
    return RankingTable(
        lists=len(case),
        all_lists=all_lists,
        rows=_measure_rows(methods, case, facts, K, measure_lists),
        at_k={k: _measure_rows(methods, case, facts, k, measure_hits) for k in DEPTHS},
        slices=tuple(_measure_slices(methods, case, facts)),
        comparisons=tuple(_compare_with_baselines(methods, case)),
        groups=tuple(_measure_user_groups(methods, case, attributes)),
        exposure=tuple(_measure_exposure(methods, case, facts)),
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


def _measure_user_groups(
    methods: Sequence[RankedMethod], case: RankingCase, attributes: Attributes
) -> Iterator[UserGrouping]:
    """Yield the quality of the lists as served at K, by each attribute of their users and by their activity."""
    groupings = tuple(group_lists(case, attributes))
    for method in methods:
        if method.name == SERVED:
            yield from measure_groups(match_relevant(method.lists[:, :K], case), case.users, groupings)


def _measure_exposure(
    methods: Sequence[RankedMethod], case: RankingCase, facts: ItemFacts
) -> Iterator[PopularityBand]:
    """Yield each band of popularity with its share of the places that every method fills at K."""
    relevant = np.bincount(case.relevant.indices, minlength=len(facts.popularity)).astype(np.int64)
    lists: Mapping[str, Indices] = {method.name: method.lists[:, :K] for method in methods}
    for name, band in divide_by_popularity(facts.popularity):
        yield PopularityBand(
            name=name,
            items=int(np.count_nonzero(band)),
            catalogue=float(band.mean()),
            events=share_of(band, facts.popularity),
            relevant=share_of(band, relevant),
            shown=share_places(band, lists),
        )


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
