"""The predictor protocol: users -> encodings, (user, item) pairs -> head logits, items -> vectors.

It is over numpy arrays, so that the engine can be exchanged; torch_predictor has the implementation with torch.
D is the network's width, T the text vectors', S the number of item statistics, C the context tokens of a moment.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from models.contract.arrays import Floats, Indices, Mask
from models.contract.event_features import EventArrays
from models.contract.features import ItemArrays


@dataclass(frozen=True, slots=True)
class UserBatch:
    """B users with their profiles, and n events in total, by user, oldest first."""

    tokens: Indices  # [B, P] profile tokens, padded with PAD
    numeric: Floats  # [B, Q] profile numbers
    text: Floats  # [B, T] profile text vectors; zeros without text
    offsets: Indices  # [B + 1]: user b's events are offsets[b]:offsets[b + 1]
    items: Floats  # [n, D] the events' item vectors, without the bias
    events: EventArrays  # n events
    tower: Mask  # [n] events that the user tower reads; the scorer's target attention reads all

    def __len__(self) -> int:
        """B, the number of users."""
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class UserEncoding:
    """The network's encoding of one user with L events: the user side of every score."""

    base: Floats  # [D] the user tower's output after the last event that it reads
    history: Floats  # [L, D] the events' representations, for the scorer's target attention
    numbers: Floats  # [2] of the last event: running mean value, log count; zeros without events
    last: Indices  # [C] context tokens of the last event; PAD without events


@dataclass(frozen=True, slots=True)
class ItemTable:
    """I items, to which pairs refer by row."""

    vectors: (
        Floats  # [I, D + 2] rows as in models.contract.user_vector; only `next` reads their last two numbers
    )
    statistics: Floats  # [I, S]
    ids: Indices  # [I] indices of the vocabulary of item ids


@dataclass(frozen=True, slots=True)
class PairBatch:
    """P pairs of a user and an item, each at a moment."""

    users: Indices  # [P] indices into the encoded users
    rows: Indices  # [P] rows of the item table
    context: Indices  # [P, C] context tokens of the moment

    def __len__(self) -> int:
        """P, the number of pairs."""
        return len(self.rows)


class Predictor(Protocol):
    """The network of a bundle. Thread-safe, with bounded memory for batches of any size.

    The result for a user, a pair or an item is independent of the others in the call, up to rounding.
    """

    @property
    def dim(self) -> int:
        """D, the width of user states and item vectors."""
        ...

    @property
    def half_life_days(self) -> float:
        """The half-life of the counts in the item statistics."""
        ...

    def encode_users(self, users: UserBatch) -> list[UserEncoding]:
        """The encodings of B users, in order."""
        ...

    def encode_moments(self, context: Indices) -> Floats:
        """The changes [M, D] of a user's vector for `next` by the context tokens [M, C] of M moments."""
        ...

    def score_pairs(
        self,
        users: Sequence[UserEncoding],
        items: ItemTable,
        pairs: PairBatch,
        heads: Collection[str] | None = None,
    ) -> dict[str, Floats]:
        """Uncalibrated logits [P, width] of the task heads named in `heads`, None for all of them.

        `next` is not included: its logit is the inner product of user and item vector.
        """
        ...

    def item_vectors(self, items: ItemArrays, statistics: Floats) -> Floats:
        """Rows [n, D + 2] of the item table (models.contract.user_vector) of n items with statistics [n, S].

        Without times in the job the statistics have no effect.
        """
        ...

    def popularity_bias(self, statistics: Floats) -> Floats:
        """The part [n] of the biases of items that comes from their statistics [n, S]."""
        ...
