"""The predictor with torch on the CPU; the only file of the service that runs the network."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import torch

from app.bundle.padding import group_by_length, pad
from app.bundle.predictor import ItemTable, PairBatch, UserBatch, UserEncoding
from models.contract.arrays import Floats, Indices
from models.contract.features import ItemArrays
from models.contract.statistics import RECENT
from models.contract.user_vector import add_bias, strip_bias
from models.network.fused_scorer import FusedScorer, UserPart
from models.network.last_state import LastState
from models.network.model import ChorusNetwork, item_tensors
from models.network.scorer_input import UserSide, build_scorer_input, read_user_numbers

TOWER_POSITIONS = 4_096
"""Positions of one pass of the user tower, padding included; more need memory and are not faster."""
CHUNK = 512
"""Pairs scored in one pass (docs/measurements.md: chunks of a few hundred rows are the fastest)."""
CHUNK_EVENTS = 8_192
"""Events, padding included, that the candidates of one pass attend to."""

Table = TypeVar("Table", Floats, Indices)


@dataclass(frozen=True, slots=True)
class TorchPredictor:
    """A network in evaluation mode. Not `timed`: the item statistics are replaced by zeros."""

    network: ChorusNetwork
    timed: bool
    one_user: FusedScorer = field(init=False, repr=False)
    last_state: LastState = field(init=False, repr=False)
    asked: Floats = field(init=False, repr=False)  # [tokens, D] of the moments' context

    def __post_init__(self) -> None:
        """Regroup the weights for single requests; the network must not change afterwards."""
        with torch.inference_mode():
            object.__setattr__(self, "one_user", FusedScorer(self.network.scorer))
            longest = self.network.config.history_length
            object.__setattr__(self, "last_state", LastState(self.network.users, longest))
            object.__setattr__(self, "asked", self.network.users.asked.weight.detach().numpy())

    @property
    def dim(self) -> int:
        """See Predictor.dim."""
        return self.network.config.dim

    @property
    def half_life_days(self) -> float:
        """See Predictor.half_life_days."""
        return self.network.config.half_life_days

    @torch.inference_mode()
    def encode_users(self, users: UserBatch) -> list[UserEncoding]:
        """See Predictor.encode_users.

        The tower is causal with relative positions, so padding on the right does not change the result.
        """
        if not len(users):
            return []
        tower, bounds = self.network.users, users.offsets[1:-1]
        starts = tower.profile(*map(torch.from_numpy, (users.tokens, users.numeric, users.text)))
        arrays = (users.items, users.events.actions, users.events.dense)
        representations = tower.events(*map(torch.from_numpy, arrays)).numpy()
        if len(users) == 1:
            return [self._encode_user(starts, representations, users)]
        histories = np.split(representations, bounds)
        inputs = [
            history[mask] for history, mask in zip(histories, np.split(users.tower, bounds), strict=True)
        ]
        bases = np.empty((len(users), self.dim), dtype=np.float32)
        for batch in group_by_length([(len(sequence) + 1,) for sequence in inputs], (TOWER_POSITIONS,)):
            sequences, _ = pad([inputs[position] for position in batch])
            outputs = tower(starts[batch], torch.from_numpy(sequences))  # [b, L + 1, D]
            ends = [len(inputs[position]) for position in batch]
            bases[batch] = outputs[range(len(batch)), ends].numpy()
        numbers = (read_user_numbers(_last_row(part)) for part in np.split(users.events.dense, bounds))
        last = map(_last_row, np.split(users.events.context, bounds))
        return list(map(UserEncoding, bases, histories, numbers, last))

    def encode_moments(self, context: Indices) -> Floats:
        """See Predictor.encode_moments."""
        asked: Floats = self.asked[context].sum(axis=-2)
        return asked

    @torch.inference_mode()
    def score_pairs(
        self,
        users: Sequence[UserEncoding],
        items: ItemTable,
        pairs: PairBatch,
        heads: Collection[str] | None = None,
    ) -> dict[str, Floats]:
        """See Predictor.score_pairs. A row of the batch has at most CHUNK pairs of one user."""
        logits = {
            head.task.name: np.empty((len(pairs), head.width), dtype=np.float32)
            for head in self.network.heads
            if heads is None or head.task.name in heads
        }
        if len(users) == 1 and len(pairs) and logits and (pairs.context == pairs.context[0]).all():
            self._score_user(users[0], items, pairs.rows, pairs.context[0], logits)
            return logits
        chunks = _user_chunks(pairs.users, len(users)) if logits else []
        sizes = [(len(positions), len(users[user].history)) for user, positions in chunks]
        for batch in group_by_length(sizes, (CHUNK, CHUNK_EVENTS)):
            encodings = [users[chunks[number][0]] for number in batch]
            positions, mask = pad([chunks[number][1] for number in batch])  # [b, Q]
            scored = self._score(encodings, items, pairs.rows[positions], pairs.context[positions])
            for name, values in logits.items():
                values[positions[mask]] = scored[name][mask]
        return logits

    @torch.inference_mode()
    def item_vectors(self, items: ItemArrays, statistics: Floats) -> Floats:
        """See Predictor.item_vectors."""
        vectors, bias = self.network.items(*item_tensors(items))
        known = torch.from_numpy(statistics if self.timed else np.zeros_like(statistics))
        bias = bias + self.network.items.popularity(known)
        return add_bias(vectors.numpy(), bias.numpy(), known[:, RECENT].numpy())

    @torch.inference_mode()
    def popularity_bias(self, statistics: Floats) -> Floats:
        """See Predictor.popularity_bias."""
        known = torch.from_numpy(statistics if self.timed else np.zeros_like(statistics))
        return np.asarray(self.network.items.popularity(known).numpy())

    def _encode_user(self, start: torch.Tensor, history: Floats, users: UserBatch) -> UserEncoding:
        """The encoding of a batch of one, without padding; `start` [1, D] is the profile."""
        sequence = history if users.tower.all() else history[users.tower]
        state = self.last_state(start[0], torch.from_numpy(sequence))
        events = users.events
        numbers = read_user_numbers(_last_row(events.dense))
        return UserEncoding(state.numpy(), history, numbers, _last_row(events.context))

    def _score_user(
        self,
        user: UserEncoding,
        items: ItemTable,
        rows: Indices,
        context: Indices,
        logits: dict[str, Floats],
    ) -> None:
        """Write head -> logits [Q, width] of item rows [Q] for one user at one moment with context tokens [C].

        Those of a head that does not read the item are one row in memory, not to be written to.
        """
        part = UserPart(user.base, user.history, user.numbers, user.last, context)
        same_for_all = self.network.scorer.user_heads
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            vectors = self._read_items(items, chunk).numpy()
            statistics = self._read_statistics(items, chunk)
            for name, values in self.one_user(part, vectors, statistics, logits).items():
                if name in same_for_all:
                    logits[name] = np.broadcast_to(values, logits[name].shape)
                else:
                    logits[name][start : start + CHUNK] = values

    def _read_items(self, items: ItemTable, rows: Indices) -> torch.Tensor:
        """The part [..., D] of the vectors of item rows [...] that the heads read."""
        vectors, ids = strip_bias(items.vectors[rows]), items.ids[rows]
        return self.network.read_for_heads(torch.from_numpy(vectors), torch.from_numpy(ids))

    def _read_statistics(self, items: ItemTable, rows: Indices) -> Floats:
        """The statistics of item rows [...], as the network may know them."""
        statistics: Floats = items.statistics[rows]
        return statistics if self.timed else np.zeros_like(statistics)

    def _score(
        self, users: Sequence[UserEncoding], items: ItemTable, rows: Indices, context: Indices
    ) -> dict[str, Floats]:
        """Head -> logits [B, Q, width] of item rows [B, Q] for B users, with context tokens [B, Q, C]."""
        events, attend = pad([user.history for user in users])
        user_side = UserSide(
            states=torch.from_numpy(np.stack([user.base for user in users])),
            events=torch.from_numpy(events),
            attend=torch.from_numpy(attend),
            numbers=torch.from_numpy(np.stack([user.numbers for user in users])),
            last=torch.from_numpy(np.stack([user.last for user in users])),
            context=torch.from_numpy(context),
        )
        read = self._read_items(items, rows)
        known = torch.from_numpy(self._read_statistics(items, rows))
        logits = self.network.scorer(build_scorer_input(user_side, read, known))
        return {name: value.numpy() for name, value in logits.items()}


def _last_row(table: Table) -> Table:
    """[N] the last event's row of [L, N]; zeros without events, which is PAD for tokens."""
    return table[-1] if len(table) else np.zeros(table.shape[1], dtype=table.dtype)


def _user_chunks(users: Indices, count: int) -> list[tuple[int, Indices]]:
    """(user, indices of at most CHUNK of the user's pairs), covering all pairs [P] of `count` users."""
    order = np.argsort(users, kind="stable")
    ends = np.cumsum(np.bincount(users, minlength=count))[:-1]
    return [
        (user, positions[start : start + CHUNK])
        for user, positions in enumerate(np.split(order, ends))
        for start in range(0, len(positions), CHUNK)
    ]
