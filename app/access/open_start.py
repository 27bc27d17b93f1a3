"""The rule of the start: without any key, in the settings or stored in Redis, other machines are kept out."""

from app.access.administration import Desk, Place, administer
from app.access.key_stores import KeyStoreError
from app.config import ConfigurationError, Settings
from app.listening import require_keys_outside_loopback
from app.state.embedded.process import EmbeddedRedisError
from app.state.protocol import StateUnavailableError


def require_keys(settings: Settings) -> None:
    """Raises ConfigurationError if the service would be open to other machines without any key.

    Redis is asked only where the settings have no key. One record closes the service, even one of a revoked key. Keys
    that cannot be read do not count.
    """
    try:
        require_keys_outside_loopback(settings)
    except ConfigurationError as error:
        if not _count_stored_keys(settings, error):
            raise


def _count_stored_keys(settings: Settings, refusal: ConfigurationError) -> int:
    try:
        return administer(settings, Place(), _count)
    except EmbeddedRedisError:  # such as a first start, whose Redis has no data yet
        return 0
    except (KeyStoreError, StateUnavailableError) as error:
        raise ConfigurationError(f"{refusal}; the keys in Redis cannot be read: {error}") from error


async def _count(desk: Desk) -> int:
    return len(await desk.keys.read())
