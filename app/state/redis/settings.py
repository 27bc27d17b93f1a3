"""Where Redis is, how long it may take to answer, and what it keeps."""

from dataclasses import dataclass, field

from app.state.limits import StoreLimits


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """A write may take longer than a read: it waits for the disk."""

    url: str
    timeout_s: float = 0.25
    write_timeout_s: float = 2.0
    max_connections: int = 64
    prefix: str = "chorus"
    limits: StoreLimits = field(default_factory=StoreLimits)
