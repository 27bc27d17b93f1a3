"""The arithmetic of limits: how much of a limit is used at a time, and how long a call has to wait.

A rate is a leaky bucket: what is used drains steadily, a whole capacity in a window. A quota is used up in a window and
starts anew with the next one. `app.access.redis_limits` has the same arithmetic as a script for Redis.
"""

from dataclasses import dataclass

DAY_S = 86_400
ROUNDING = 1e-6
"""Units by which a sum of drained fractions may miss a whole number."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`capacity` units in `window_s` seconds. A rate drains; a quota starts anew with each window (in UTC)."""

    name: str
    capacity: int
    window_s: int
    is_quota: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """The units of a limit that are used, at a time in Unix seconds. More than the capacity is a debt."""

    used: float
    at: float


def settle(limit: Limit, level: Level, now: float) -> Level:
    """The level at a later time. A clock that was set back drains nothing."""
    if limit.is_quota:
        is_over = now // limit.window_s > level.at // limit.window_s
        return Level(0.0 if is_over else level.used, now)
    drained = max(0.0, now - level.at) * limit.capacity / limit.window_s
    return Level(max(0.0, level.used - drained), now)


def find_wait(limit: Limit, level: Level, cost: int) -> float:
    """The seconds until a call of this cost fits; 0 if it fits at its time.

    A call that costs more than the capacity fits an empty bucket, and leaves a debt for the calls after it: a batch
    that is larger than the limit of a second is possible, but not each second.
    """
    excess = level.used + min(cost, limit.capacity) - limit.capacity
    if excess <= ROUNDING:
        return 0.0
    return find_reset(limit, level) if limit.is_quota else excess * limit.window_s / limit.capacity


def find_reset(limit: Limit, level: Level) -> float:
    """The seconds until nothing of the limit is used."""
    if limit.is_quota:
        return limit.window_s - level.at % limit.window_s
    return level.used * limit.window_s / limit.capacity


def charge(limit: Limit, level: Level, cost: int) -> tuple[float, Level]:
    """The seconds to wait, and the level after the call. A call that has to wait costs nothing."""
    wait_s = find_wait(limit, level, cost)
    return wait_s, level if wait_s else Level(level.used + cost, level.at)
