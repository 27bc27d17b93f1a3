"""The Redis of the service: the configured one, or an embedded one that stops with this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.config import Settings
from app.state.embedded.address import open_embedded


@contextmanager
def open_redis(settings: Settings) -> Iterator[str]:
    """The URL of the configured Redis, or of an embedded one that runs until the end of the block.

    Raises EmbeddedRedisError if the embedded one does not start.
    """
    if settings.redis_url is not None:
        yield settings.redis_url
        return
    with open_embedded(settings.state_dir) as url:
        yield url
