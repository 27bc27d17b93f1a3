"""The scorer for one user at one moment, for serving: one product for the first layers of all experts and gates.

The user's part of the input is the same for all items, so the columns of the user and of the product user * item fold
into a constant and into the columns of the item. `models.network.scorer` is the plain form: both give the same logits
up to rounding.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from models.network.experts import read_routing
from models.network.scorer import Scorer

SUBSETS = 16
"""Sets of heads whose weights are kept; requests ask for few different ones."""


@dataclass(frozen=True, slots=True)
class UserPart:
    """One user at a moment: what all items of a list share."""

    state: Tensor  # [D] the user tower's output
    events: Tensor  # [L, D] event representations
    numbers: Tensor  # [USER_NUMBERS + A]
    last: Tensor  # [C] context tokens of the last event
    context: Tensor  # [C] context tokens of the moment


@dataclass(frozen=True, slots=True)
class FirstLayers:
    """The first layers of M experts with G gate logits: H = M * W + G rows."""

    items: Tensor  # [H, 2 D + S] columns of the item, of the attended history, and of the statistics
    products: Tensor  # [H, D] columns of user * item
    user: Tensor  # [H, D + N + T] columns of the user, of its numbers, and of its last moment
    bias: Tensor  # [H]


@dataclass(frozen=True, slots=True)
class ExpertWeights:
    """The weights of the M experts that a set of T heads reads."""

    first: FirstLayers
    second: Tensor  # [M, W, W]
    second_bias: Tensor  # [M, 1, W]
    reads: tuple[tuple[int, ...], ...]  # T heads: the experts that each reads
    gates: tuple[slice | None, ...]  # T heads: columns of the first layers' output; None reads one expert


class FusedScorer:
    """A scorer in evaluation mode with its weights regrouped; it does not follow later changes of them."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer, self.dim = scorer, scorer.dim
        self.routing = read_routing(scorer.experts)
        self.read_weights = lru_cache(SUBSETS)(self._group_weights)

    def __call__(
        self, user: UserPart, items: Tensor, statistics: Tensor, names: Collection[str]
    ) -> dict[str, Tensor]:
        """Logits of the named heads for Q items [Q, D] with statistics [Q, S + A]: [Q, width].

        Heads that do not read the pair have one row for all items: [1, width].
        """
        context = self.scorer.context(user.context).sum(0)
        pair_heads = tuple(name for name in self.scorer.pair_heads if name in names)
        logits = {}
        if pair_heads:
            attended = self._attend(user.events, items)
            mixed = self._mix(
                user, torch.cat([items, attended, statistics], 1), self.read_weights(pair_heads)
            )
            for name, expert in zip(pair_heads, mixed, strict=True):
                logits[name] = self._read(name, expert, context)
        for name in self.scorer.user_heads:
            if name in names:
                logits[name] = self._read(name, user.state[None], context)
        return logits

    def _attend(self, events: Tensor, items: Tensor) -> Tensor:
        """Target attention [Q, D] of items [Q, D] over events [L, D]; zeros without events.

        The product of the query's and the key's matrix is taken with the events first: they are fewer than the items.
        """
        if not len(events):
            return torch.zeros_like(items)
        query = self.scorer.query
        keys = self.scorer.key(events) / math.sqrt(self.dim)
        logits = torch.addmm(keys @ query.bias, items, (keys @ query.weight).T)
        return logits.softmax(-1) @ events

    def _mix(self, user: UserPart, x: Tensor, weights: ExpertWeights) -> list[Tensor]:
        """The experts' output [Q, W] for each of T heads; x [Q, 2 D + S + A] is the part of the items."""
        first = weights.first
        columns = first.items.clone()
        columns[:, : self.dim].addcmul_(first.products, user.state)
        fixed = torch.cat([user.state, user.numbers, self.scorer.last(user.last).sum(0)])
        outputs = torch.addmm(torch.addmv(first.bias, first.user, fixed), x, columns.T)  # [Q, H]
        count, width = weights.second.shape[:2]
        hidden = F.gelu(outputs[:, : count * width]).view(len(x), count, width).transpose(0, 1)
        experts = F.gelu(torch.baddbmm(weights.second_bias, hidden, weights.second))  # [M, Q, W]
        mixed = []
        for reads, gate in zip(weights.reads, weights.gates, strict=True):
            if gate is None:
                mixed.append(experts[reads[0]])
            else:
                shares = outputs[:, gate].softmax(-1)
                mixed.append(torch.einsum("qe,eqw->qw", shares, experts[list(reads)]))
        return mixed

    def _read(self, name: str, x: Tensor, context: Tensor) -> Tensor:
        """Logits of one head from its tower's input [Q, W]; the context's columns fold into the constant."""
        tower = self.scorer.towers[name]
        if not isinstance(tower, nn.Sequential):
            raise TypeError(f"expected the layers of a tower, given {type(tower).__name__}")
        first, width = _linear(tower[0]), x.shape[1]
        constant: Tensor = first.bias
        if self.scorer.inputs[name].context:
            constant = torch.addmv(constant, first.weight[:, width:], context)
        logits: Tensor = tower[1:](torch.addmm(constant, x, first.weight[:, :width].T))
        return logits

    def _group_weights(self, names: tuple[str, ...]) -> ExpertWeights:
        """The weights of the experts that the named pair heads read, in the order of the names."""
        tasks = [self.scorer.pair_heads.index(name) for name in names]
        used = sorted({expert for task in tasks for expert in self.routing.reads[task]})
        experts = [self.routing.experts[number] for number in used]
        gates = [self.routing.gates[task] for task in tasks]
        layers = [_linear(expert[0]) for expert in experts]
        seconds = [_linear(expert[3]) for expert in experts]
        start, columns = sum(layer.out_features for layer in layers), list[slice | None]()
        for gate in gates:
            columns.append(None if gate is None else slice(start, start + gate.out_features))
            start += 0 if gate is None else gate.out_features
        return ExpertWeights(
            first=self._split_columns([*layers, *(gate for gate in gates if gate is not None)]),
            second=torch.stack([layer.weight.T for layer in seconds]).contiguous(),
            second_bias=torch.stack([layer.bias for layer in seconds])[:, None],
            reads=tuple(tuple(map(used.index, self.routing.reads[task])) for task in tasks),
            gates=tuple(columns),
        )

    def _split_columns(self, layers: Sequence[nn.Linear]) -> FirstLayers:
        """The rows of layers, by the parts of the scorer's input (Scorer.forward has their order)."""
        weight = torch.cat([layer.weight for layer in layers])
        dim, tower = self.dim, self.scorer.last.embedding_dim
        statistics = weight.shape[1] - 4 * dim - tower - self.scorer.user_numbers
        sizes = (dim, dim, dim, dim, statistics, self.scorer.user_numbers, tower)
        user, item, product, attended, numbers_of_item, numbers, last = torch.split(
            weight, list(sizes), dim=1
        )
        return FirstLayers(
            items=torch.cat([item, attended, numbers_of_item], 1),
            products=product.contiguous(),
            user=torch.cat([user, numbers, last], 1),
            bias=torch.cat([layer.bias for layer in layers]),
        )


def _linear(module: nn.Module) -> nn.Linear:
    """The module as a linear layer; raises TypeError for another."""
    if not isinstance(module, nn.Linear):
        raise TypeError(f"expected a linear layer in an expert, given {type(module).__name__}")
    return module
