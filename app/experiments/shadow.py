"""Compare the list that was sent with one that nobody saw: overlap, order, scores and time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

PLACES = 10
"""The first places of both lists whose overlap is measured."""


@dataclass(frozen=True, slots=True)
class SentList:
    """A list as it was sent, best first, and the seconds that its computation took."""

    item_ids: tuple[str, ...]
    scores: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class UnseenList:
    """A list that nobody saw, with the score of every candidate, and the seconds that its computation took."""

    item_ids: tuple[str, ...]
    scores: Mapping[str, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class ShadowSums:
    """Sums over answers. The means of `overlap` and seconds are over all of them, the others over their own counts."""

    answers: float = 0.0
    overlap: float = 0.0
    ordered: float = 0.0  # answers with two items or more of the sent list among the candidates of the other
    rank_correlation: float = 0.0
    scored: float = 0.0  # answers with one
    score_drift: float = 0.0
    sent_seconds: float = 0.0
    unseen_seconds: float = 0.0


def compare_lists(sent: SentList, unseen: UnseenList) -> ShadowSums:
    """The sums of one answer."""
    shared = [
        (score, unseen.scores[item_id])
        for item_id, score in zip(sent.item_ids, sent.scores, strict=True)
        if item_id in unseen.scores
    ]
    has_order = len(shared) > 1
    return ShadowSums(
        answers=1.0,
        overlap=measure_overlap(sent.item_ids, unseen.item_ids),
        ordered=float(has_order),
        rank_correlation=correlate_ranks([score for _, score in shared]) if has_order else 0.0,
        scored=float(bool(shared)),
        score_drift=sum(other - score for score, other in shared) / len(shared) if shared else 0.0,
        sent_seconds=sent.seconds,
        unseen_seconds=unseen.seconds,
    )


def measure_overlap(sent: Sequence[str], unseen: Sequence[str]) -> float:
    """The share of the first PLACES of the sent list, or of all it has, in as many of the other; 1 for empty lists."""
    places = min(PLACES, max(len(sent), len(unseen)))
    return len({*sent[:places]} & {*unseen[:places]}) / places if places else 1.0


def correlate_ranks(scores: Sequence[float]) -> float:
    """Kendall's tau of an order and the scores of its items by another scorer: 1 for the same, -1 for the reverse.

    A tie counts as neither. `scores` has two or more.
    """
    pairs = list(combinations(scores, 2))
    return sum((one > other) - (one < other) for one, other in pairs) / len(pairs)
