"""The state of one user after the last event, for serving: the last layer is computed for one position alone."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the usual name

from models.network.fused_weights import read_linear
from models.network.towers import Block, UserTower


@dataclass(frozen=True, slots=True)
class Layer:
    """A linear layer of tensors alone: on a single user the calls of modules take longer than the arithmetic."""

    weight: Tensor  # [inputs, outputs]
    bias: Tensor  # [outputs]

    def __call__(self, x: Tensor) -> Tensor:
        """[n, inputs] -> [n, outputs]."""
        return torch.addmm(self.bias, x, self.weight)


@dataclass(frozen=True, slots=True)
class Norm:
    """A layer normalisation of tensors alone."""

    weight: Tensor  # [D]
    bias: Tensor  # [D]
    epsilon: float

    def __call__(self, x: Tensor) -> Tensor:
        """[n, D] -> [n, D]."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, self.epsilon)


@dataclass(frozen=True, slots=True)
class BlockLayers:
    """The layers of a block; the queries' matrix is divided by the square root of a head's width."""

    heads: int
    before: Norm
    queries: Layer
    keys_values: Layer
    out: Layer
    attention_gate: Layer
    feed_before: Norm
    feed_in: Layer
    feed_out: Layer
    feed_gate: Layer

    def read(self, x: Tensor, asking: Tensor, bias: Tensor) -> Tensor:
        """The block's output [m, D] at m of n positions: x [n, D], `asking` [m, D] of them, `bias` [H, m, n]."""
        normal = self.before(x)
        own = normal if asking is x else self.before(asking)
        queries = self.queries(own).view(len(asking), self.heads, -1).transpose(0, 1)  # [H, m, D / H]
        keys, values = self.keys_values(normal).view(len(x), 2, self.heads, -1).permute(1, 2, 0, 3)
        weights = torch.baddbmm(bias, queries, keys.transpose(1, 2)).softmax(-1)
        attended = self.out(torch.bmm(weights, values).transpose(0, 1).reshape(asking.shape))
        x = torch.addcmul(asking, attended, self.attention_gate(asking).sigmoid_())
        hidden, gate = self.feed_in(self.feed_before(x)).chunk(2, -1)
        return torch.addcmul(x, self.feed_out(F.silu(gate) * hidden), self.feed_gate(x).sigmoid_())


class LastState:
    """The user tower in evaluation mode for one user. The same state as UserTower.forward has last, up to rounding."""

    def __init__(self, tower: UserTower, longest: int) -> None:
        """Histories have at most `longest` events; longer ones get their bias anew."""
        self.tower = tower
        *self.full, self.last = (_read_block(block) for block in tower.blocks)
        self.after = _read_norm(tower.after)
        self.bias = tower.causal_bias(longest + 1)

    def __call__(self, profile: Tensor, events: Tensor) -> Tensor:
        """The state [D] of a profile [D] and events [L, D]."""
        x = torch.cat([profile[None], events])  # [n, D], n = L + 1
        bias = self._bias(len(x))
        for block in self.full:
            x = block.read(x, x, bias)
        return self.after(self.last.read(x, x[-1:], bias[:, -1:]))[0]

    def _bias(self, length: int) -> Tensor:
        """The attention's bias [H, n, n]: it depends on distances alone, so a corner of the longest one's."""
        if length > self.bias.shape[1]:
            return self.tower.causal_bias(length)
        return self.bias[:, :length, :length]


def _read_block(block: nn.Module) -> BlockLayers:
    if not isinstance(block, Block):
        raise TypeError(f"expected blocks of a user tower, given {type(block).__name__}")
    together, dim = block.queries_keys_values, block.out.in_features
    scale = 1 / math.sqrt(dim // block.heads)
    return BlockLayers(
        heads=block.heads,
        before=_read_norm(block.before),
        queries=Layer((together.weight[:dim] * scale).T.contiguous(), together.bias[:dim] * scale),
        keys_values=Layer(together.weight[dim:].T.contiguous(), together.bias[dim:]),
        out=_read_layer(block.out),
        attention_gate=_read_layer(block.attention_gate),
        feed_before=_read_norm(block.feed.before),
        feed_in=_read_layer(block.feed.into),
        feed_out=_read_layer(block.feed.out),
        feed_gate=_read_layer(block.feed_gate),
    )


def _read_layer(module: nn.Module) -> Layer:
    linear = read_linear(module)
    return Layer(linear.weight.T.contiguous(), linear.bias)


def _read_norm(module: nn.Module) -> Norm:
    if not isinstance(module, nn.LayerNorm):
        raise TypeError(f"expected a layer normalisation, given {type(module).__name__}")
    return Norm(module.weight, module.bias, module.eps)
