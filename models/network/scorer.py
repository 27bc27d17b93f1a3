"""The scorer: logits of all heads for (user, item) pairs in their context."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from models.contract.statistics import STATISTICS
from models.contract.tasks import Head
from models.heads.protocol import TowerInput
from models.heads.registry import read_tower
from models.network.config import NetworkConfig
from models.network.experts import build_experts, list_input_layers
from models.network.scorer_input import USER_NUMBERS, ScorerInput
from models.network.shape import NetworkShape
from models.network.towers import build_embedding

LAST_LAYER = 2
"""The place of the last layer in a head's tower."""


class Scorer(nn.Module):
    """[user, item, user * item, target attention, statistics, last moment] -> experts -> one tower per head.

    Target attention: the candidate queries the history (DIN, Zhou et al. 2018). A tower reads the experts' output for
    the pair or the user's state, with or without the context, depending on the head's kind (models.heads).
    """

    def __init__(self, config: NetworkConfig, shape: NetworkShape, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self.heads, self.dim, self.rates = heads, config.dim, shape.action_rates
        self.inputs = {head.task.name: read_tower(head.task) for head in heads}
        self.pair_heads = tuple(name for name, tower in self.inputs.items() if tower.pair)
        self.user_heads = tuple(name for name, tower in self.inputs.items() if not tower.pair)
        self.context = build_embedding(shape.context_tokens, config.tower_width)
        self.last = build_embedding(shape.context_tokens, config.tower_width)
        self.query = nn.Linear(config.dim, config.dim)
        self.key = nn.Linear(config.dim, config.dim)
        self.user_numbers = USER_NUMBERS + self.rates
        inputs = 4 * config.dim + len(STATISTICS) + self.rates + self.user_numbers + config.tower_width
        self.experts = build_experts(inputs, len(self.pair_heads), config)
        self.towers = nn.ModuleDict(
            {
                name: build_tower(tower_input_width(tower, config), head.width, config)
                for head, (name, tower) in zip(heads, self.inputs.items(), strict=True)
            }
        )

    def forward(self, pairs: ScorerInput) -> dict[str, Tensor]:
        """Logits [B, Q, width] of each head by name."""
        pairs.check(self.dim, self.rates)
        attended = self.attend(pairs)
        x = torch.cat(
            [
                pairs.user,
                pairs.item,
                pairs.user * pairs.item,
                attended,
                pairs.statistics,
                pairs.numbers,
                self.last(pairs.last).sum(2),
            ],
            dim=-1,
        )
        context = self.context(pairs.context).sum(2)
        logits = {}
        for name, mixed in zip(self.pair_heads, self.experts(x), strict=True):
            logits[name] = self.read(name, mixed, context)
        for name in self.user_heads:
            logits[name] = self.read(name, pairs.user, context)
        return logits

    def statistics_weights(self) -> Iterator[Tensor]:
        """Yield views of the weights of the item statistics: columns of the layers that read the experts' input."""
        start = 4 * self.dim
        for layer in list_input_layers(self.experts):
            yield layer.weight[:, start : start + len(STATISTICS) + self.rates]

    def read(self, name: str, x: Tensor, context: Tensor) -> Tensor:
        """Logits [B, Q, width] of one head from its tower's input, with the context if its kind reads it."""
        return self.towers[name](torch.cat([x, context], dim=-1) if self.inputs[name].context else x)

    def attend(self, pairs: ScorerInput) -> Tensor:
        """Target attention of the items over the history: [B, Q, D], zeros for a pair that attends to no event."""
        logits = self.query(pairs.item) @ self.key(pairs.events).transpose(1, 2) / math.sqrt(self.dim)
        logits = logits.masked_fill(~pairs.attend, -1e9)
        weights = logits.softmax(-1) * pairs.attend  # the product sets a fully masked row to 0
        return weights @ pairs.events


def tower_input_width(tower: TowerInput, config: NetworkConfig) -> int:
    """The input width of a head's tower."""
    return (config.expert_width if tower.pair else config.dim) + (config.tower_width if tower.context else 0)


def build_tower(inputs: int, outputs: int, config: NetworkConfig) -> nn.Sequential:
    """The tower of one head: two layers, [..., inputs] -> [..., outputs]."""
    return nn.Sequential(
        nn.Linear(inputs, config.tower_width), nn.GELU(), nn.Linear(config.tower_width, outputs)
    )
