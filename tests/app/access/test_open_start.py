"""The rule of the start: keys of the settings and keys in Redis keep the service closed to others."""

from pathlib import Path

import pytest

from app.access.administration import Place, administer, create, revoke
from app.access.api_key import KeyRequest
from app.access.open_start import require_keys
from app.access.roles import Role
from app.config import ConfigurationError, Settings, read_settings
from app.state.embedded.address import open_embedded


def give_key(settings: Settings, revoked: bool = False) -> None:
    request = KeyRequest((Role.RECOMMEND,), "", "", None)
    _token, key = administer(settings, Place(), lambda desk: create(desk, request))
    if revoked:
        administer(settings, Place(), lambda desk: revoke(desk, key.key_id))


@pytest.mark.parametrize("revoked", [False, True])
@pytest.mark.parametrize("own", [False, True], ids=["redis of others", "own redis"])
def test_a_key_in_redis_closes_the_service(tmp_path: Path, own: bool, revoked: bool) -> None:
    with open_embedded(tmp_path) as url:
        settings = read_settings(host="0.0.0.0", state_dir=tmp_path, redis_url=None if own else url)
        with pytest.raises(ConfigurationError, match="'chorus keys create'"):
            require_keys(settings)
        give_key(settings, revoked)
        require_keys(settings)
    if own:
        require_keys(settings)  # with the service's Redis at rest, as before a start


def test_a_redis_that_was_never_started_has_no_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^CHORUS_HOST: expected a loopback address"):
        require_keys(read_settings(host="0.0.0.0", state_dir=tmp_path))


def test_keys_that_cannot_be_read_do_not_count() -> None:
    settings = read_settings(host="0.0.0.0", redis_url="redis://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="the keys in Redis cannot be read: expected an answer"):
        require_keys(settings)


@pytest.mark.parametrize("given", [{"host": "127.0.0.1"}, {"api_key": "k" * 32}, {"allow_anonymous": True}])
def test_redis_is_not_asked_where_the_settings_are_enough(given: dict[str, object]) -> None:
    require_keys(read_settings(**{"host": "0.0.0.0", "redis_url": "redis://127.0.0.1:1", **given}))
