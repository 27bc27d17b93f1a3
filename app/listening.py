"""The rule about listening beyond the loopback without any key."""

from ipaddress import ip_address

from app.config import PREFIX, ConfigurationError, Settings


def is_reachable_without_key(settings: Settings) -> bool:
    """Whether other machines could use the service if only the settings had keys."""
    has_key = settings.api_key is not None or settings.keys_file is not None
    return not (has_key or settings.allow_anonymous or is_loopback(settings.host))


def require_keys_outside_loopback(settings: Settings) -> None:
    """Raises ConfigurationError if the service would be open to other machines without any key of the settings."""
    if not is_reachable_without_key(settings):
        return
    raise ConfigurationError(
        f"{PREFIX}HOST: expected a loopback address such as 127.0.0.1 as long as there is no key, given "
        f"{settings.host!r}; set {PREFIX}API_KEY or {PREFIX}KEYS_FILE, create a key in Redis with 'chorus keys "
        f"create', or set {PREFIX}ALLOW_ANONYMOUS=true if all who can reach it may use it"
    )


def is_loopback(host: str) -> bool:
    """Whether an address, or the name localhost, is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
