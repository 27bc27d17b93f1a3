"""The state of one user after the last event, for serving: the last layer is computed for one position alone."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

from models.network.towers import Block, UserTower


class LastState:
    """The user tower in evaluation mode for one user. The same state as UserTower.forward has last, up to rounding."""

    def __init__(self, tower: UserTower, longest: int) -> None:
        """Histories have at most `longest` events; longer ones get their bias anew."""
        self.tower = tower
        *full, last = tower.blocks
        if not isinstance(last, Block):
            raise TypeError(f"expected blocks of a user tower, given {type(last).__name__}")
        self.full, self.last = full, last
        self.bias = tower.causal_bias(longest + 1)

    def __call__(self, profile: Tensor, events: Tensor) -> Tensor:
        """The state [D] of a profile [D] and events [L, D]."""
        x = torch.cat([profile[None], events])[None]  # [1, n, D], n = L + 1
        bias = self._bias(x.shape[1])
        for block in self.full:
            x = block(x, bias)
        state: Tensor = self.tower.after(self._read_last(x[0], bias[:, -1]))
        return state

    def _bias(self, length: int) -> Tensor:
        """The attention's bias [H, n, n]: it depends on distances alone, so a corner of the longest one's."""
        if length > self.bias.shape[1]:
            return self.tower.causal_bias(length)
        return self.bias[:, :length, :length]

    def _read_last(self, x: Tensor, bias: Tensor) -> Tensor:
        """The last layer's output [D] at the last of n positions [n, D]; `bias` [H, n] is of its distances."""
        block = self.last
        length, dim = x.shape
        weight, offset = block.queries_keys_values.weight, block.queries_keys_values.bias
        normal = block.before(x)
        query = F.linear(normal[-1], weight[:dim], offset[:dim]).view(block.heads, 1, -1)
        keys_values = F.linear(normal, weight[dim:], offset[dim:]).view(length, 2, block.heads, -1)
        keys, values = keys_values.permute(1, 2, 0, 3)  # each [H, n, D / H]
        logits = (query / math.sqrt(query.shape[-1])) @ keys.transpose(1, 2) + bias[:, None]
        attended = block.out((logits.softmax(-1) @ values).reshape(dim))
        last = x[-1] + attended
        return last + block.feed(last)
