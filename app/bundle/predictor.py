"""What computes for the service: users -> states, (user, item) pairs -> head logits, items -> vectors.

A protocol over numpy arrays, so that the engine behind it can be exchanged; torch is the first (torch_predictor).
D is the network's width, T the text vectors', S the number of item statistics, C the context tokens of a moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.contract.arrays import Floats, Indices, Mask
from models.contract.event_features import EventArrays
from models.contract.features import ItemArrays


@dataclass(frozen=True, slots=True)
class UserBatch:
    """B users: profiles, and n events in all, by user and oldest first."""

    tokens: Indices  # [B, P] profile tokens, padded with PAD
    numeric: Floats  # [B, Q] profile numbers
    text: Floats  # [B, T] profile text vectors; zeros for no text
    offsets: Indices  # [B + 1]: user b's events are offsets[b]:offsets[b + 1]
    items: Floats  # [n, D] the events' item vectors, without the bias
    events: EventArrays  # n events
    tower: Mask  # [n] events that the user tower reads; the scorer's target attention reads all

    def __len__(self) -> int:
        """B, the number of users."""
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class UserEncoding:
    """What the network makes of one user with L events: all that scoring needs of them."""

    base: Floats  # [D] the user tower's output after the last event that it reads
    history: Floats  # [L, D] the events' representations, for the scorer's target attention
    numbers: Floats  # [2] of the last event: running mean value, log count; zeros without events


@dataclass(frozen=True, slots=True)
class ItemTable:
    """I items, as pairs refer to them by row."""

    vectors: Floats  # [I, D + 1] the last column is the bias, which no head but `next` reads
    statistics: Floats  # [I, S]


@dataclass(frozen=True, slots=True)
class PairBatch:
    """P pairs of a user and an item, each at a moment."""

    users: Indices  # [P] positions among the users
    rows: Indices  # [P] rows of the item table
    context: Indices  # [P, C] context tokens of the moment

    def __len__(self) -> int:
        """P, the number of pairs."""
        return len(self.rows)


class Predictor(Protocol):
    """The network of a bundle. Thread-safe; the result for a user, a pair or an item is independent of the others
    in the call, up to rounding. Batches are of any size: the predictor bounds its memory by itself.
    """

    @property
    def dim(self) -> int:
        """D, the width of user states and item vectors."""
        ...

    def encode_users(self, users: UserBatch) -> list[UserEncoding]:
        """The encodings of B users, in order."""
        ...

    def score_pairs(
        self, users: Sequence[UserEncoding], items: ItemTable, pairs: PairBatch
    ) -> dict[str, Floats]:
        """Uncalibrated logits [P, width] of every task head.

        `next` is not among them: its logit is the inner product of vectors.
        """
        ...

    def item_vectors(self, items: ItemArrays, statistics: Floats) -> Floats:
        """Vectors [n, D + 1] of n items with statistics [n, S]; the last column is the bias.

        Without times in the job the statistics have no effect.
        """
        ...
