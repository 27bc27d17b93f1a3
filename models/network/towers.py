"""The two towers: item vectors from ID, attributes and content; user states from profile and history."""

import math

import torch
from torch import Tensor, nn

from models.contract.event_features import DENSE_WIDTH
from models.contract.statistics import STATISTICS
from models.contract.vocabulary import OOV, PAD
from models.network.config import NetworkConfig
from models.network.dropout import dropout
from models.network.shape import NetworkShape

INIT_STD = 0.02


def build_embedding(rows: int, dim: int, *, oov_learned: bool = False) -> nn.Embedding:
    """An embedding table [rows, dim] with small normal values and a zero row for PAD.

    Without `oov_learned` the OOV row is zero too: training does not update it, and random values would be noise.
    """
    table = nn.Embedding(rows, dim, padding_idx=PAD)
    nn.init.normal_(table.weight, std=INIT_STD)
    with torch.no_grad():
        table.weight[PAD] = 0
        if not oov_learned:
            table.weight[OOV] = 0
    return table


class Projection(nn.Module):
    """A linear map without bias, [..., inputs] -> [..., outputs]; `inputs` may be 0.

    With `std` 0 it starts at zero, so that an input that is always zero in training has no effect in serving.
    """

    def __init__(self, inputs: int, outputs: int, std: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * std)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.T


class ItemTower(nn.Module):
    """ID embedding + attribute embeddings + numbers + projected content -> a vector and a bias.

    Training replaces an ID by OOV at rate `id_dropout` (DropoutNet, Volkovs et al. 2017), so that content alone
    represents an item without history.
    """

    def __init__(self, config: NetworkConfig, shape: NetworkShape) -> None:
        super().__init__()
        self.id_dropout = config.id_dropout
        self.ids = build_embedding(shape.item_ids, config.dim, oov_learned=config.id_dropout > 0)
        self.id_bias = nn.Embedding(shape.item_ids, 1)
        nn.init.zeros_(self.id_bias.weight)
        self.tokens = build_embedding(shape.item_tokens, config.dim)
        self.numeric = Projection(shape.item_numeric, config.dim)
        self.content = Projection(shape.content, config.dim, INIT_STD)
        self.bias = nn.Linear(config.dim, 1)
        nn.init.zeros_(self.bias.weight)
        self.statistics = Projection(len(STATISTICS), 1)

    def forward(self, ids: Tensor, tokens: Tensor, numeric: Tensor, content: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors [n, D] and biases [n] of n items: ids [n], tokens [n, M], numeric [n, Q], content [n, C]."""
        if self.training and self.id_dropout:
            dropped = torch.rand(ids.shape, device=ids.device) < self.id_dropout
            ids = torch.where(dropped, OOV, ids)
        vectors = self.ids(ids) + self.describe(tokens, numeric, content)
        return vectors, (self.bias(vectors) + self.id_bias(ids)).squeeze(1)

    def describe(self, tokens: Tensor, numeric: Tensor, content: Tensor) -> Tensor:
        """The part [n, D] of the vectors of n items that comes from attributes and content, not from the ID."""
        count = (tokens != PAD).sum(1, keepdim=True).clamp(min=1)
        return self.tokens(tokens).sum(1) / count + self.numeric(numeric) + self.content(content)

    def popularity(self, statistics: Tensor) -> Tensor:
        """The popularity bias [...] of item statistics [..., S] and their rates of actions, which it does not read.

        The next-item loss alone underweights recent popularity: models.contract.recency has more of it.
        """
        return self.statistics(statistics[..., : len(STATISTICS)]).squeeze(-1)


class Feed(nn.Module):
    """The feed-forward part of a block, with a gated hidden layer (SwiGLU, Shazeer 2020): [..., D] -> [..., D]."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(dim)
        self.into = nn.Linear(dim, 4 * dim)  # the hidden values, then their gates
        self.out = nn.Linear(2 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        hidden, gate = self.into(self.before(x)).chunk(2, -1)
        return self.out(nn.functional.silu(gate) * hidden)


class Block(nn.Module):
    """One pre-norm transformer layer (Vaswani et al. 2017) whose attention decreases with distance.

    What each part adds to a position is scaled by a gate of that position (LiGR, Borisyuk et al. 2025; eSASRec,
    Tikhonovich et al. 2025), with which training needs about half the epochs (docs/quality.md).
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.heads, self.dropout = config.attention_heads, config.dropout
        self.before = nn.LayerNorm(config.dim)
        self.queries_keys_values = nn.Linear(config.dim, 3 * config.dim)
        self.out = nn.Linear(config.dim, config.dim)
        self.attention_gate = nn.Linear(config.dim, config.dim)
        self.feed = Feed(config.dim)
        self.feed_gate = nn.Linear(config.dim, config.dim)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]; `bias` [H, L, L] is added to the attention's logits."""
        batch, length, dim = x.shape
        split = self.queries_keys_values(self.before(x)).view(batch, length, 3, self.heads, -1)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)  # each [B, H, L, D / H]
        logits = (queries / math.sqrt(queries.shape[-1])) @ keys.transpose(-2, -1) + bias.to(queries.dtype)
        weights = dropout(logits.softmax(-1), self.dropout, self.training)
        attended = self.out((weights @ values).transpose(1, 2).reshape(batch, length, dim))
        x = x + dropout(attended, self.dropout, self.training) * self.attention_gate(x).sigmoid()
        return x + dropout(self.feed(x), self.dropout, self.training) * self.feed_gate(x).sigmoid()


class UserTower(nn.Module):
    """A causal transformer over [profile, event 1, …, event L]: output t is the user's state after t events.

    Positions are encoded by distance (ALiBi, Press et al. 2022), so that histories can have any length and the service
    needs no padding.
    """

    def __init__(self, config: NetworkConfig, shape: NetworkShape) -> None:
        super().__init__()
        self.dropout, self.id_dropout = config.dropout, config.id_dropout
        self.actions = build_embedding(shape.actions, config.dim)
        self.asked = build_embedding(shape.context_tokens, config.dim)
        self.dense = nn.Linear(DENSE_WIDTH + shape.action_rates, config.dim)
        self.start = nn.Parameter(torch.zeros(config.dim))
        self.tokens = build_embedding(shape.user_tokens, config.dim)
        self.numeric = Projection(shape.user_numeric, config.dim)
        self.text = Projection(shape.user_text, config.dim)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.after = nn.LayerNorm(config.dim)
        slopes = [
            2.0 ** (-8.0 * (head + 1) / config.attention_heads) for head in range(config.attention_heads)
        ]
        self.register_buffer("slopes", torch.tensor(slopes), persistent=False)
        self.slopes: Tensor

    def profile(self, tokens: Tensor, numeric: Tensor, text: Tensor) -> Tensor:
        """Profiles [B, D] of tokens [B, P], numeric [B, Q] and text [B, T]; all-zero input gives the start vector."""
        return self.start + self.tokens(tokens).sum(1) + self.numeric(numeric) + self.text(text)

    def events(self, items: Tensor, actions: Tensor, dense: Tensor) -> Tensor:
        """Events [..., D] of item vectors [..., D], actions [...] and numbers [..., DENSE_WIDTH + A].

        Without their moments: a tower that reads these learns next items worse (docs/heads.md).
        """
        return items + self.actions(actions) + self.dense(dense)

    def ask(self, context: Tensor) -> Tensor:
        """The change [..., D] of a state by the context [..., C] of the request, for `next`.

        Its product with an item's vector is a bias by context and item. Training leaves the context of a moment out at
        rate `id_dropout`, so that a request may come without.
        """
        change = self.asked(context).sum(-2)
        if self.training and self.id_dropout:
            asked = torch.rand(change.shape[:-1], device=change.device) >= self.id_dropout
            change = change * asked[..., None]
        return change

    def forward(self, profile: Tensor, events: Tensor) -> Tensor:
        """States [B, L + 1, D] of profiles [B, D] and events [B, L, D]; state t depends on events 1..t only."""
        x = dropout(torch.cat([profile[:, None], events], dim=1), self.dropout, self.training)
        bias = self.causal_bias(x.shape[1])
        for block in self.blocks:
            x = block(x, bias)
        return self.after(x)

    def causal_bias(self, length: int) -> Tensor:
        """Attention bias [H, L, L]: -slope * distance for past positions, -infinity for future ones."""
        position = torch.arange(length, device=self.slopes.device)
        distance = (position[:, None] - position[None, :]).to(self.slopes.dtype)
        bias = -self.slopes[:, None, None] * distance.clamp(min=0)
        return bias.masked_fill(distance < 0, float("-inf"))
