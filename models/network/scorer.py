"""The scorer: one (user, item) pair in its context -> the logits of every head."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.contract.statistics import STATISTICS
from models.contract.tasks import Head, TaskKind
from models.network.config import NetworkConfig
from models.network.experts import build_experts
from models.network.shape import NetworkShape
from models.network.towers import embedding

USER_NUMBERS = 2
"""Of the last event: running mean value, log count."""


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

    Target attention: the candidate asks the history (DIN, Zhou et al. 2018). A context head predicts the
    context, so the context enters only the other heads' towers. A multilabel head predicts the labels of the user's
    next item, so it sees the user and the context, never the item.
    """

    def __init__(self, config: NetworkConfig, shape: NetworkShape, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self.heads, self.dim = heads, config.dim
        self.pair_heads = tuple(head for head in heads if head.task.kind is not TaskKind.MULTILABEL)
        self.context = embedding(shape.context_tokens, config.tower_width)
        self.query = nn.Linear(config.dim, config.dim)
        self.key = nn.Linear(config.dim, config.dim)
        inputs = 4 * config.dim + len(STATISTICS) + USER_NUMBERS
        self.experts = build_experts(inputs, len(self.pair_heads), config)
        self.towers = nn.ModuleDict(
            {head.task.name: tower(self.tower_inputs(head, config), head.width, config) for head in heads}
        )

    @staticmethod
    def tower_inputs(head: Head, config: NetworkConfig) -> int:
        """The width of what a head's tower reads."""
        match head.task.kind:
            case TaskKind.MULTILABEL:
                return config.dim + config.tower_width
            case TaskKind.CONTEXT:
                return config.expert_width
            case TaskKind.BINARY | TaskKind.REGRESSION:
                return config.expert_width + config.tower_width

    def forward(self, given: ScorerInput) -> dict[str, Tensor]:
        """Logits [B, Q, width] a head."""
        given.check(self.dim)
        attended = self.attend(given)
        x = torch.cat(
            [given.user, given.item, given.user * given.item, attended, given.statistics, given.numbers],
            dim=-1,
        )
        context = self.context(given.context).sum(2)
        logits = {}
        for head, mixed in zip(self.pair_heads, self.experts(x), strict=True):
            inputs = mixed if head.task.kind is TaskKind.CONTEXT else torch.cat([mixed, context], dim=-1)
            logits[head.task.name] = self.towers[head.task.name](inputs)
        for head in self.heads:
            if head.task.kind is TaskKind.MULTILABEL:
                logits[head.task.name] = self.towers[head.task.name](torch.cat([given.user, context], dim=-1))
        return logits

    def attend(self, given: ScorerInput) -> Tensor:
        """What the candidate finds in the history: [B, Q, D], zero where there is nothing to look at."""
        logits = self.query(given.item) @ self.key(given.events).transpose(1, 2) / math.sqrt(self.dim)
        logits = logits.masked_fill(~given.attend, -1e9)
        weights = logits.softmax(-1) * given.attend  # the product: a row with nothing allowed sums to 0
        return weights @ given.events


def tower(inputs: int, outputs: int, config: NetworkConfig) -> nn.Sequential:
    """A head's own layers."""
    return nn.Sequential(
        nn.Linear(inputs, config.tower_width), nn.GELU(), nn.Linear(config.tower_width, outputs)
    )
