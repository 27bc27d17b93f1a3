"""Settings of the Redis store: address, time limits, connections, store limits and circuit breaker."""

from dataclasses import dataclass, field

from app.state.limits import StoreLimits
from app.state.pseudonyms import Pseudonyms
from app.state.redis.circuit_breaker import CircuitSettings
from app.state.state_keys import StateKeys


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """Settings of the Redis store. A write may take longer than a read, as it waits for the disk."""

    url: str
    timeout_s: float = 0.25
    write_timeout_s: float = 2.0
    max_connections: int = 64
    prefix: str = "chorus"
    limits: StoreLimits = field(default_factory=StoreLimits)
    erasure_delay_s: int | None = None
    """Seconds within which the append-only file is rewritten after an erasure; None: Redis is not the service's."""
    circuit: CircuitSettings = field(default_factory=CircuitSettings)
    pseudonyms: Pseudonyms | None = None
    """If set, users are named by their pseudonyms, and their ids are not stored."""
    state_keys: StateKeys | None = None
    """If set, events and profiles are sealed."""


def build_settings(url: str, timeout_s: float) -> RedisSettings:
    """The settings for a time limit of reads. A write has at least the default one, as Redis may write to a disk."""
    default = RedisSettings(url).write_timeout_s
    return RedisSettings(url, timeout_s=timeout_s, write_timeout_s=max(default, timeout_s))
