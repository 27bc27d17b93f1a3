"""The target policy: the items of a list, drawn anew by other weights, diversity and strength of exploration.

It re-ranks by the code of the service, as POST /v1/rank does with `exploration: {policy: softmax, strength}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.contract.fusion import Fusion, Utility, contributions, fuse
from models.ranking.exploration import find_shares, pick_best
from models.ranking.registry import find_reranker
from models.ranking.similarity import Similarity

QUANTILES = (0.01, 0.99)
"""The values of a head between which its scale goes from 0 to 1, without a bundle."""


@dataclass(frozen=True, slots=True)
class Target:
    """A policy by its settings."""

    weights: Mapping[str, float]
    method: str = "none"  # a name in RERANKERS
    diversity: float = 0.0
    strength: float = 0.1  # of exploration by softmax; 0 is the greedy list


@dataclass(slots=True)
class Follower:
    """Follows a logged list down its places, and keeps the probabilities of the candidates at each."""

    strength: float
    shares: list[Doubles] = field(default_factory=list)

    def choose(self, values: Doubles, by_relevance: Indices) -> int:
        """The logged item of the place; see models.ranking.exploration.Choose."""
        if self.strength > 0:
            self.shares.append(find_shares(values, self.strength))
        else:
            best = np.zeros(len(values))
            best[pick_best(values, by_relevance)] = 1.0
            self.shares.append(best)
        return len(self.shares) - 1


def find_probabilities(target: Target, scores: Floats, similarity: Similarity | None) -> Doubles:
    """[k, k] place and item: the target's probability of each item at a place, given the logged items above it.

    `scores` [k] are fused by the target's weights, in the logged order. Without `similarity` there is no diversity.
    """
    follower = Follower(target.strength)
    similar_to = _no_similarity if similarity is None else similarity.to
    rerank = find_reranker(target.method)
    rerank(scores, similar_to, target.diversity, len(scores), None, follower.choose)
    return np.stack(follower.shares)


def fuse_scores(
    values: Mapping[str, Doubles], offsets: Indices, weights: Mapping[str, float], fusion: Fusion
) -> Floats:
    """[N] the scores of items, fused list by list as for answers."""
    scores = np.zeros(offsets[-1], dtype=np.float32)
    for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        of_list = {name: each[start:end].astype(np.float32) for name, each in values.items()}
        scores[start:end] = fuse(contributions(fusion, of_list, weights))
    return scores


def fit_scales(values: Mapping[str, Doubles]) -> Fusion:
    """A fusion whose scale of each head goes from its low to its high values in the log."""
    utilities = {}
    for name, each in values.items():
        low, high = (float(value) for value in np.quantile(each, QUANTILES))
        utilities[name] = Utility(low=low, high=high if high > low else low + 1)
    return Fusion(utilities=utilities, weights=dict.fromkeys(values, 1.0))


def _no_similarity(_position: int) -> Floats:
    raise ValueError("expected a method without similarity")


def read_weights(text: str) -> dict[str, float]:
    """The weights of a text such as next=1,like=.5; raises ValueError."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = part.strip().partition("=")
        if not (name and equals) or name in weights:
            raise ValueError(f"expected weights such as next=1,like=.5, given {text!r}")
        weights[name] = _read_number(number, f"the weight of {name}", -100, 100)
    if not any(weights.values()):
        raise ValueError(f"expected at least one weight other than 0, given {text!r}")
    return weights


def read_diversity(text: str, methods: Sequence[str]) -> tuple[str, float]:
    """The method and strength of a text such as mmr:.2 or none; raises ValueError."""
    method, colon, strength = text.partition(":")
    if method not in methods or bool(colon) is (method == "none"):
        raise ValueError(f"expected none, or a method and its strength such as mmr:.2, given {text!r}")
    return method, _read_number(strength, "the strength", 0, 1) if colon else 0.0


def _read_number(text: str, what: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise ValueError(f"expected {what} from {low:g} to {high:g}, given {text!r}")
    return number
