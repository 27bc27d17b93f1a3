"""The figures of lists for cold users, and their paired differences to popularity and to what was told before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.evaluation.full_ranking import match_relevant
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.paired_bootstrap import Interval, bootstrap_difference
from models.evaluation.protocols import RankingCase

SEED = 0
"""Of the resamples."""


@dataclass(frozen=True, slots=True)
class Figures:
    """NDCG@k and HR@k of each list [C], and the share of its items that have a favourite label of the user's."""

    ndcg: Doubles
    hits: Doubles
    favoured: Doubles


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: what was told, and the differences of NDCG@k; None where there is nothing to compare with."""

    events: int
    told: str
    ndcg: float
    hit_rate: float
    favoured: float
    to_popular: Interval
    to_nothing: Interval | None  # with as many events and nothing else
    to_fewer: Interval | None  # with the next fewer events and the same else


def measure(lists: Indices, case: RankingCase, favoured: Mask) -> Figures:
    """The figures of item rows [C, k], -1 where a list is shorter; `favoured` [C, I]: items with a favourite label."""
    ranked, filled = match_relevant(lists, case), lists >= 0
    found = np.take_along_axis(favoured, np.maximum(lists, 0), axis=1) & filled
    share = found.sum(axis=1) / np.maximum(filled.sum(axis=1), 1)
    return Figures(ndcg(ranked.hits, ranked.relevant), hit_rate(ranked.hits), share)


def compare(popular: Figures, told: Mapping[tuple[int, str], Figures], nothing: str) -> Iterator[Row]:
    """Yield a row for each (events, what else is told), of the same lists as `popular`."""
    counts = sorted({events for events, _ in told})
    for (events, name), own in told.items():
        fewer = [count for count in counts if count < events]
        yield Row(
            events,
            name,
            float(own.ndcg.mean()),
            float(own.hits.mean()),
            float(own.favoured.mean()),
            _differ(own, popular),
            None if name == nothing else _differ(own, told[events, nothing]),
            _differ(own, told[fewer[-1], name]) if fewer else None,
        )


def rank_popular(taken: Doubles, case: RankingCase, k: int) -> Indices:
    """The k most taken items [C, k] that a list's user has not had, -1 where there are fewer.

    `taken` [I] weighs them, equal ones by row.
    """
    order, lists = np.argsort(-taken, kind="stable"), np.full((len(case), k), NO_ITEM, dtype=np.int64)
    for number in range(len(case)):
        unseen = order[~np.isin(order, case.seen[[number]].indices)][:k]
        lists[number, : len(unseen)] = unseen
    return lists


def tabulate(rows: Sequence[Row]) -> str:
    """Markdown; differences with their intervals of 95 %."""
    head = "| Events | Told | NDCG@10 | HR@10 | Favoured | to popularity | to nothing else told | to fewer events |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        differences = " | ".join(map(_format, (row.to_popular, row.to_nothing, row.to_fewer)))
        means = f"{row.ndcg:.3f} | {row.hit_rate:.3f} | {row.favoured:.2f}"
        lines.append(f"| {row.events} | {row.told} | {means} | {differences} |")
    return "\n".join(lines)


def _differ(first: Figures, second: Figures) -> Interval:
    return bootstrap_difference(first.ndcg, second.ndcg, SEED)


def _format(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return f"{interval.mean:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"
