"""The scorer for one user at one moment, for serving: one product for each layer of all experts, gates and heads.

The user's part of the input is the same for all items, so the columns of the user and of the product user * item fold
into a constant and into the columns of the item. `models.network.scorer` is the plain form: both give the same logits
up to rounding. It computes with numpy, and GELU alone with torch: for the items of one answer each call of torch takes
longer than its arithmetic.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from models.contract.arrays import Floats, Indices
from models.network.experts import read_routing
from models.network.fused_weights import (
    ExpertWeights,
    TowerWeights,
    gelu_in_place,
    group_attention,
    group_experts,
    group_towers,
    softmax_in_place,
    to_array,
)
from models.network.scorer import Scorer

SUBSETS = 16
"""Sets of heads whose weights are kept; requests ask for few different ones."""


@dataclass(frozen=True, slots=True)
class UserPart:
    """One user at a moment: what all items of a list share."""

    state: Floats  # [D] the user tower's output
    events: Floats  # [L, D] event representations
    numbers: Floats  # [USER_NUMBERS + A]
    last: Indices  # [C] context tokens of the last event
    context: Indices  # [C] context tokens of the moment


@dataclass(frozen=True, slots=True)
class HeadWeights:
    """The weights of a set of heads; None where there is no head of a kind."""

    experts: ExpertWeights | None
    pair_towers: TowerWeights | None
    user_towers: TowerWeights | None


class FusedScorer:
    """A scorer in evaluation mode with its weights regrouped; it does not follow later changes of them."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.routing = read_routing(scorer.experts)
        self.attention = group_attention(scorer)
        self.context, self.last = to_array(scorer.context.weight), to_array(scorer.last.weight)
        self.read_weights = lru_cache(SUBSETS)(self._group_weights)

    def __call__(
        self, user: UserPart, items: Floats, statistics: Floats, names: Collection[str]
    ) -> dict[str, Floats]:
        """Logits of the named heads for Q items [Q, D] with statistics [Q, S + A]: [Q, width].

        Heads that do not read the pair have one row for all items: [1, width].
        """
        weights = self.read_weights(frozenset(names))
        context = self.context[user.context].sum(axis=0)
        logits: dict[str, Floats] = {}
        if weights.experts is not None and weights.pair_towers is not None:
            x = np.concatenate([items, self._attend(user.events, items), statistics], axis=1)
            logits |= weights.pair_towers.read(self._mix(user, x, weights.experts), context)
        if weights.user_towers is not None:
            logits |= weights.user_towers.read(user.state[None, None], context)
        return logits

    def _attend(self, events: Floats, items: Floats) -> Floats:
        """Target attention [Q, D] of items [Q, D] over events [L, D]; zeros without events.

        The product of the query's and the key's matrix is taken with the events first: they are fewer than the items.
        """
        if not len(events):
            return np.zeros_like(items)
        keys = events @ self.attention.weight  # [L, D + 1]
        keys += self.attention.bias
        logits: Floats = np.matmul(
            keys[:, :-1], items.T
        )  # [L, Q]: numpy reduces the first of two dimensions faster
        logits += keys[:, -1:]
        attended: Floats = softmax_in_place(logits, 0).T @ events
        return attended

    def _mix(self, user: UserPart, x: Floats, weights: ExpertWeights) -> Floats:
        """The experts' output [T, Q, W] for each of T heads; x [Q, 2 D + S + A] is the part of the items.

        The experts of an item stand together in memory, so that no layer's output is copied for the next one.
        """
        dim, (count, width, _), pairs = len(user.state), weights.second.shape, len(x)
        columns = weights.items.copy()
        columns[:dim] += weights.products * user.state[:, None]
        fixed = weights.user @ np.concatenate([user.state, user.numbers, self.last[user.last].sum(axis=0)])
        fixed += weights.bias
        hidden = x @ columns[:, : count * width]  # [Q, M * W]
        hidden += fixed[: count * width]
        gelu_in_place(hidden)
        experts = np.empty((pairs, count, width), dtype=np.float32)
        by_expert = hidden.reshape(pairs, count, width).transpose(1, 0, 2)
        np.matmul(by_expert, weights.second, out=experts.transpose(1, 0, 2))
        experts += weights.second_bias
        gelu_in_place(experts)
        gates = x @ columns[:, count * width :]
        gates += fixed[count * width :]
        shares = softmax_in_place(np.ascontiguousarray(gates.T).reshape(count, weights.heads, pairs), 0)
        mixed: Floats = np.ascontiguousarray(shares.transpose(2, 1, 0)) @ experts  # [Q, T, W]
        return mixed.transpose(1, 0, 2)

    def _group_weights(self, names: frozenset[str]) -> HeadWeights:
        """The weights of the named heads."""
        scorer = self.scorer
        pair = tuple(name for name in scorer.pair_heads if name in names)
        user = tuple(name for name in scorer.user_heads if name in names)
        return HeadWeights(
            experts=group_experts(scorer, self.routing, pair) if pair else None,
            pair_towers=group_towers(scorer, pair) if pair else None,
            user_towers=group_towers(scorer, user) if user else None,
        )
