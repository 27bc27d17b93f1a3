"""The scorer's input: (user, item) pairs, built by one function for training, evaluation and serving."""

from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from models.contract.arrays import Floats
from models.contract.event_features import DENSE_WIDTH
from models.contract.statistics import STATISTICS

Dense = TypeVar("Dense", Floats, Tensor)
USER_NUMBERS = 2
"""Numbers of the user's last event: running mean value, log count; the A rates of actions follow."""


@dataclass(frozen=True, slots=True)
class ScorerInput:
    """Q pairs for each of B users. `attend` masks the L events that a pair attends to: only events before it."""

    user: Tensor  # [B, Q, D] user states
    item: Tensor  # [B, Q, D] item vectors
    events: Tensor  # [B, L, D] event representations
    attend: Tensor  # bool [B, Q, L]
    statistics: Tensor  # [B, Q, S + A] of the item, at the pair's moment
    numbers: Tensor  # [B, Q, USER_NUMBERS + A] of the user, at the pair's moment
    last: Tensor  # [B, Q, C] context tokens of the user's last event; PAD without events
    context: Tensor  # [B, Q, C] context tokens

    def check(self, dim: int, rates: int) -> None:
        """Raise ValueError if the shapes do not agree; `rates` is A."""
        batch, pairs, _ = self.user.shape
        length = self.events.shape[1]
        expected = {
            "user": (batch, pairs, dim),
            "item": (batch, pairs, dim),
            "events": (batch, length, dim),
            "attend": (batch, pairs, length),
            "statistics": (batch, pairs, len(STATISTICS) + rates),
            "numbers": (batch, pairs, USER_NUMBERS + rates),
        }
        for name, shape in expected.items():
            if tuple(getattr(self, name).shape) != shape:
                raise ValueError(f"expected {name} {shape}, given {tuple(getattr(self, name).shape)}")


@dataclass(frozen=True, slots=True)
class UserSide:
    """The part of B users in their pairs: one row for all pairs of a user, or, with a dimension Q, one row a pair."""

    states: Tensor  # [B, D] or [B, Q, D] the user tower's output
    events: Tensor  # [B, L, D] event representations
    attend: Tensor  # bool [B, L] or [B, Q, L]
    numbers: Tensor  # [B, USER_NUMBERS + A] or [B, Q, USER_NUMBERS + A]
    last: Tensor  # [B, C] or [B, Q, C] context tokens of the last event
    context: Tensor  # [B, C] or [B, Q, C] context tokens


def build_scorer_input(user: UserSide, items: Tensor, statistics: Tensor) -> ScorerInput:
    """Pairs of B users with Q items each, from item vectors [B, Q, D] and statistics [B, Q, S + A] at their moments.

    A row that all pairs of a user share is repeated without a copy.
    """
    pairs = items.shape[1]
    return ScorerInput(
        user=_repeat(user.states, pairs),
        item=items,
        events=user.events,
        attend=_repeat(user.attend, pairs),
        statistics=statistics,
        numbers=_repeat(user.numbers, pairs),
        last=_repeat(user.last, pairs),
        context=_repeat(user.context, pairs),
    )


def read_user_numbers(dense: Dense) -> Dense:
    """The columns [..., USER_NUMBERS + A] of event features [..., DENSE_WIDTH + A]: the user after the event."""
    return dense[..., DENSE_WIDTH - USER_NUMBERS :]


def _repeat(rows: Tensor, pairs: int) -> Tensor:
    """[B, Q, N] of rows [B, N]; [B, Q, N] as given."""
    return rows[:, None].expand(-1, pairs, -1) if rows.ndim == 2 else rows
