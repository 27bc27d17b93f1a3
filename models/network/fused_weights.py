"""The scorer's weights regrouped for one user: one product for each layer of all experts, gates and heads."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from models.contract.arrays import Floats
from models.network.experts import Routing
from models.network.scorer import Scorer

CLOSED = -1e9
"""The logit of a gate for an expert that its head does not read: the softmax gives exactly 0."""


@dataclass(frozen=True, slots=True)
class AttentionWeights:
    """Target attention, with the query's and the key's matrix as one: an item's logits are item . (event @ weight)."""

    weight: Floats  # [D, D + 1]; the last column gives a logit that is the same for all items
    bias: Floats  # [D + 1]


@dataclass(frozen=True, slots=True)
class ExpertWeights:
    """The M experts that T heads read, and their gates: H = M * W + M * T columns of the first layers."""

    items: Floats  # [2 D + S, H] of the item, of the attended history, and of the statistics
    products: Floats  # [D, H] of user * item
    user: Floats  # [H, D + N + C] of the user, of its numbers, and of its last moment
    bias: Floats  # [H]
    second: Floats  # [M, W, W]
    second_bias: Floats  # [M, W]
    heads: int  # T


@dataclass(frozen=True, slots=True)
class TowerWeights:
    """The towers of T heads with the same input of width W; the outputs are padded to the widest."""

    widths: tuple[tuple[str, int], ...]  # T heads with their logits
    first: Floats  # [T, W, hidden]
    context: Floats  # [T * hidden, C]; zeros for a head that does not read the context
    bias: Floats  # [T * hidden]
    second: Floats  # [T, hidden, widest]
    second_bias: Floats  # [T, 1, widest]

    def read(self, x: Floats, context: Floats) -> dict[str, Floats]:
        """Logits [Q, width] of each head from its input x [T or 1, Q, W], with the context's embedding [C]."""
        constant = self.context @ context
        constant += self.bias
        hidden = x @ self.first  # [T, Q, hidden]
        hidden += constant.reshape(len(hidden), 1, -1)
        logits = gelu_in_place(hidden) @ self.second
        logits += self.second_bias
        return {name: logits[row, :, :width] for row, (name, width) in enumerate(self.widths)}


def gelu_in_place(x: Floats) -> Floats:
    """GELU [...] of contiguous numbers [...], written over them: others take four times as long."""
    torch.ops.aten.gelu_(torch.from_numpy(x))
    return x


def softmax_in_place(x: Floats, axis: int) -> Floats:
    """The softmax over one axis, written over x."""
    x -= x.max(axis=axis, keepdims=True)
    np.exp(x, out=x)
    x /= x.sum(axis=axis, keepdims=True)
    return x


def to_array(tensor: Tensor) -> Floats:
    """A contiguous array of a tensor's values."""
    return np.ascontiguousarray(tensor.detach().numpy())


def group_attention(scorer: Scorer) -> AttentionWeights:
    """The weights of the target attention."""
    query, key, scale = scorer.query, scorer.key, math.sqrt(scorer.dim)
    to_item = torch.cat([query.weight, query.bias[:, None]], 1)  # [D, D + 1]
    return AttentionWeights(
        weight=to_array(key.weight.T @ to_item / scale), bias=to_array(key.bias @ to_item / scale)
    )


def group_experts(scorer: Scorer, routing: Routing, names: tuple[str, ...]) -> ExpertWeights:
    """The weights of the experts that the named pair heads read, in the order of the names."""
    tasks = [scorer.pair_heads.index(name) for name in names]
    used = sorted({number for task in tasks for number in routing.reads[task]})
    experts = [routing.experts[number] for number in used]
    first = [read_linear(expert[0]) for expert in experts]
    second = [read_linear(expert[3]) for expert in experts]
    gates, gate_bias = _group_gates(routing, tasks, used, first[0].in_features)
    weight = torch.cat([*(layer.weight for layer in first), gates])
    dim, tower = scorer.dim, scorer.last.embedding_dim
    statistics = weight.shape[1] - 4 * dim - tower - scorer.user_numbers
    # Scorer.forward has the order of the input's parts.
    sizes = [dim, dim, dim, dim, statistics, scorer.user_numbers, tower]
    user, item, product, attended, of_item, numbers, last = torch.split(weight, sizes, dim=1)
    return ExpertWeights(
        items=to_array(torch.cat([item, attended, of_item], 1).T),
        products=to_array(product.T),
        user=to_array(torch.cat([user, numbers, last], 1)),
        bias=to_array(torch.cat([*(layer.bias for layer in first), gate_bias])),
        second=to_array(torch.stack([layer.weight.T for layer in second])),
        second_bias=to_array(torch.stack([layer.bias for layer in second])),
        heads=len(tasks),
    )


def _group_gates(
    routing: Routing, tasks: Sequence[int], used: Sequence[int], inputs: int
) -> tuple[Tensor, Tensor]:
    """The rows [M * T, inputs] and biases [M * T] of the gates of T heads over M used experts, by expert."""
    rows, bias = torch.zeros(len(used), len(tasks), inputs), torch.full((len(used), len(tasks)), CLOSED)
    for number, task in enumerate(tasks):
        experts = [used.index(expert) for expert in routing.reads[task]]
        gate = routing.gates[task]
        bias[experts, number] = 0 if gate is None else gate.bias
        if gate is not None:
            rows[experts, number] = gate.weight
    return rows.flatten(0, 1), bias.flatten()


def group_towers(scorer: Scorer, names: Sequence[str]) -> TowerWeights:
    """The towers of the named heads, whose inputs have the same width."""
    layers = [_tower_layers(scorer, name) for name in names]
    context, reads = scorer.context.embedding_dim, [scorer.inputs[name].context for name in names]
    hidden, widest = layers[0][0].out_features, max(second.out_features for _, second in layers)
    width, none = layers[0][0].in_features - context * reads[0], torch.zeros(hidden, context)
    of_context = [
        first.weight[:, width:] if read else none for (first, _), read in zip(layers, reads, strict=True)
    ]
    seconds = [second for _, second in layers]
    padding = [widest - second.out_features for second in seconds]
    second = [F.pad(each.weight.T, (0, more)) for each, more in zip(seconds, padding, strict=True)]
    second_bias = [F.pad(each.bias, (0, more)) for each, more in zip(seconds, padding, strict=True)]
    return TowerWeights(
        widths=tuple((name, each.out_features) for name, each in zip(names, seconds, strict=True)),
        first=to_array(torch.stack([first.weight[:, :width].T for first, _ in layers])),
        context=to_array(torch.cat(of_context)),
        bias=to_array(torch.cat([first.bias for first, _ in layers])),
        second=to_array(torch.stack(second)),
        second_bias=to_array(torch.stack(second_bias)[:, None]),
    )


def _tower_layers(scorer: Scorer, name: str) -> tuple[nn.Linear, nn.Linear]:
    tower = scorer.towers[name]
    if not isinstance(tower, nn.Sequential):
        raise TypeError(f"expected the layers of a tower, given {type(tower).__name__}")
    return read_linear(tower[0]), read_linear(tower[2])


def read_linear(module: nn.Module) -> nn.Linear:
    """The module as a linear layer; raises TypeError for another."""
    if not isinstance(module, nn.Linear):
        raise TypeError(f"expected a linear layer, given {type(module).__name__}")
    return module
