"""The limits of a call: which ones are set, who is charged, and how each one stands after the charge."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from app.access.buckets import DAY_S, Level, Limit, find_reset
from app.config import Settings

RATE_HEADERS = (
    "ratelimit-policy",
    "ratelimit",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
)


@dataclass(frozen=True, slots=True)
class Charge:
    """Units to charge to a limit of one key or peer."""

    limit: Limit
    subject: str
    """The key's id or the peer's address."""
    cost: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The limit that refused a call, and the seconds until the call fits."""

    limit: Limit
    wait_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The limits of a call with their levels after it. If one refused, none was charged."""

    levels: tuple[tuple[Limit, Level], ...]
    refusal: Refusal | None = None


class Limiter(Protocol):
    """Where the levels of limits are kept."""

    async def charge(self, charges: Sequence[Charge]) -> Verdict:
        """Charge all limits, or none if one of them refuses. Raises StateUnavailableError."""


@dataclass(frozen=True, slots=True)
class LimitSet:
    """The limits of the settings. Those of a key count for the peer's address where no key is needed."""

    requests: Limit | None
    peer_requests: Limit | None
    pairs: Limit | None
    peer_pairs: Limit | None
    day: Limit | None

    @property
    def limits_requests(self) -> bool:
        """True if a limit of requests is set."""
        return any((self.requests, self.peer_requests, self.day))

    @property
    def limits_pairs(self) -> bool:
        """True if a limit of pairs is set."""
        return any((self.pairs, self.peer_pairs))

    def charge_request(self, key_id: str | None, peer: str) -> list[Charge]:
        """The charges of one request."""
        limits = ((self.requests, key_id or peer), (self.peer_requests, peer), (self.day, key_id or peer))
        return [Charge(limit, subject, 1) for limit, subject in limits if limit is not None]

    def charge_pairs(self, key_id: str | None, peer: str, pairs: int) -> list[Charge]:
        """The charges of the pairs of one request."""
        limits = ((self.pairs, key_id or peer), (self.peer_pairs, peer))
        return [Charge(limit, subject, pairs) for limit, subject in limits if limit is not None]


def build_limits(settings: Settings) -> LimitSet:
    """The limits of the settings."""

    def per_second(name: str, capacity: int | None) -> Limit | None:
        return None if capacity is None else Limit(name, capacity, 1)

    quota = settings.daily_quota
    return LimitSet(
        requests=per_second("requests", settings.rate_limit),
        peer_requests=per_second("peer-requests", settings.peer_rate_limit),
        pairs=per_second("pairs", settings.pair_limit),
        peer_pairs=per_second("peer-pairs", settings.peer_pair_limit),
        day=None if quota is None else Limit("day", quota, DAY_S, is_quota=True),
    )


def write_headers(verdict: Verdict) -> dict[str, str]:
    """The fields of draft-ietf-httpapi-ratelimit-headers-10 with every limit, and those of its revision 06.

    The draft is not a standard yet, and clients in use read `RateLimit-Limit`, `-Remaining` and `-Reset` of the older
    revision. They describe the limit with the smallest remaining share.
    """
    rows = [
        (limit, max(0, math.floor(limit.capacity - level.used + 1e-6)), math.ceil(find_reset(limit, level)))
        for limit, level in verdict.levels
    ]
    nearest = min(rows, key=lambda row: row[1] / row[0].capacity)
    values = (
        ", ".join(f'"{limit.name}";q={limit.capacity};w={limit.window_s}' for limit, _left, _reset in rows),
        ", ".join(f'"{limit.name}";r={left};t={reset}' for limit, left, reset in rows),
        *(nearest[0].capacity, nearest[1], nearest[2]),
    )
    return dict(zip(RATE_HEADERS, map(str, values), strict=True))
