"""The scorer: one (user, item) pair in its context -> the logits of every head."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.contract.statistics import STATISTICS
from models.contract.tasks import Head
from models.heads.protocol import TowerInput
from models.heads.registry import find_kind
from models.network.config import NetworkConfig
from models.network.experts import build_experts
from models.network.shape import NetworkShape
from models.network.towers import embedding

USER_NUMBERS = 2
"""Numbers of the last event: running mean value, log count."""


@dataclass(frozen=True, slots=True)
class ScorerInput:
    """Q pairs for each of B users. `attend` says which of the L events a pair may look at (none later than it)."""

    user: Tensor  # [B, Q, D] user states
    item: Tensor  # [B, Q, D] item vectors
    events: Tensor  # [B, L, D] event representations
    attend: Tensor  # bool [B, Q, L]
    statistics: Tensor  # [B, Q, S] of the item, at the pair's moment
    numbers: Tensor  # [B, Q, USER_NUMBERS] of the user, at the pair's moment
    context: Tensor  # [B, Q, C] context tokens

    def check(self, dim: int) -> None:
        """Raises ValueError where the shapes do not fit together."""
        batch, pairs, _ = self.user.shape
        length = self.events.shape[1]
        expected = {
            "user": (batch, pairs, dim),
            "item": (batch, pairs, dim),
            "events": (batch, length, dim),
            "attend": (batch, pairs, length),
            "statistics": (batch, pairs, len(STATISTICS)),
            "numbers": (batch, pairs, USER_NUMBERS),
        }
        for name, shape in expected.items():
            if tuple(getattr(self, name).shape) != shape:
                raise ValueError(f"expected {name} {shape}, given {tuple(getattr(self, name).shape)}")


class Scorer(nn.Module):
    """[user, item, user * item, target attention, statistics] -> experts -> one tower a head.

    Target attention: the candidate queries the history (DIN, Zhou et al. 2018). A tower reads the experts' mix for
    the pair, or the user's state alone, with or without the context: a head's kind decides (models.heads).
    """

    def __init__(self, config: NetworkConfig, shape: NetworkShape, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self.heads, self.dim = heads, config.dim
        self.inputs = {head.task.name: find_kind(head.task.kind).tower for head in heads}
        self.pair_heads = tuple(name for name, reads in self.inputs.items() if reads.pair)
        self.user_heads = tuple(name for name, reads in self.inputs.items() if not reads.pair)
        self.context = embedding(shape.context_tokens, config.tower_width)
        self.query = nn.Linear(config.dim, config.dim)
        self.key = nn.Linear(config.dim, config.dim)
        inputs = 4 * config.dim + len(STATISTICS) + USER_NUMBERS
        self.experts = build_experts(inputs, len(self.pair_heads), config)
        self.towers = nn.ModuleDict(
            {
                name: tower(tower_width(reads, config), head.width, config)
                for head, (name, reads) in zip(heads, self.inputs.items(), strict=True)
            }
        )

    def forward(self, pairs: ScorerInput) -> dict[str, Tensor]:
        """Logits [B, Q, width] a head."""
        pairs.check(self.dim)
        attended = self.attend(pairs)
        x = torch.cat(
            [pairs.user, pairs.item, pairs.user * pairs.item, attended, pairs.statistics, pairs.numbers],
            dim=-1,
        )
        context = self.context(pairs.context).sum(2)
        logits = {}
        for name, mixed in zip(self.pair_heads, self.experts(x), strict=True):
            logits[name] = self.read(name, mixed, context)
        for name in self.user_heads:
            logits[name] = self.read(name, pairs.user, context)
        return logits

    def read(self, name: str, x: Tensor, context: Tensor) -> Tensor:
        """One head's logits [B, Q, width] of what its tower reads, the context added where its kind reads it."""
        return self.towers[name](torch.cat([x, context], dim=-1) if self.inputs[name].context else x)

    def attend(self, pairs: ScorerInput) -> Tensor:
        """The candidates' target attention over the history: [B, Q, D], zero where a pair may look at no event."""
        logits = self.query(pairs.item) @ self.key(pairs.events).transpose(1, 2) / math.sqrt(self.dim)
        logits = logits.masked_fill(~pairs.attend, -1e9)
        weights = logits.softmax(-1) * pairs.attend  # the product: a row with nothing allowed sums to 0
        return weights @ pairs.events


def tower_width(reads: TowerInput, config: NetworkConfig) -> int:
    """The width of the input of a head's tower."""
    return (config.expert_width if reads.pair else config.dim) + (config.tower_width if reads.context else 0)


def tower(inputs: int, outputs: int, config: NetworkConfig) -> nn.Sequential:
    """The two layers of one head."""
    return nn.Sequential(
        nn.Linear(inputs, config.tower_width), nn.GELU(), nn.Linear(config.tower_width, outputs)
    )
