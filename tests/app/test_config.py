"""Settings: from the environment, above them those given; bad ones named."""

import re
from pathlib import Path

import pytest

from app.config import ConfigurationError, read_settings
from app.listening import require_keys_outside_loopback
from app.state.state_keys import StateKeys


def test_the_environment_is_read_and_what_is_given_stands_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_PORT", "9001")
    monkeypatch.setenv("CHORUS_BUNDLE_DIR", "/somewhere")
    monkeypatch.setenv("CHORUS_UNHEARD_OF", "1")
    settings = read_settings(bundle_dir=Path("here"), host=None)
    assert (settings.port, settings.bundle_dir, settings.host) == (9001, Path("here"), "127.0.0.1")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_REDIS_URL", "")
    monkeypatch.setenv("CHORUS_API_KEY", "")
    settings = read_settings()
    assert settings.redis_url is None and settings.api_key is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "70000"),
        ("REDIS_URL", "http://somewhere"),
        ("REDIS_TIMEOUT_S", "0"),
        ("LOG_LEVEL", "loud"),
        ("CANDIDATES", "10"),
        ("MAX_BODY_BYTES", "1"),
        ("ROOT_PATH", "shop"),
        ("ROOT_PATH", "//evil.example"),
        ("ROOT_PATH", "/v1"),
        ("TRUSTED_PROXIES", "nginx"),
        ("CORS_ORIGINS", "https://shop.example/"),
        ("CORS_ORIGINS", "shop.example"),
        ("CORS_ORIGINS", "https://*.example"),
        ("CORS_ORIGINS", "null"),
        ("OPEN_PATHS", "/v1/model"),
        ("EXPLORATION", "softmax:.1"),
        ("EXPLORATION", "home=softmax"),
        ("EXPLORATION", "home=ucb:.1"),
        ("EXPLORATION", "home=softmax:2"),
        ("EXPLORATION", "home=softmax:x"),
    ],
)
def test_a_bad_setting_is_named_with_what_was_expected_and_given(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CHORUS_{name}", value)
    with pytest.raises(
        ConfigurationError, match=rf"^CHORUS_{name}: expected .+, given '{re.escape(value)}'$"
    ):
        read_settings()


def test_lists_have_commas_between_their_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "API_KEY": "s3cret",
        "PUBLISHABLE_KEYS": "pk_1, pk_2,",
        "CORS_ORIGINS": "https://shop.example,http://localhost:3000 , http://[::1]:80",
        "TRUSTED_PROXIES": "10.0.0.5,172.16.0.0/12",
        "OPEN_PATHS": "/metrics",
        "ROOT_PATH": "/shop/",
    }.items():
        monkeypatch.setenv(f"CHORUS_{name}", value)
    settings = read_settings()
    assert [key.get_secret_value() for key in settings.publishable_keys] == ["pk_1", "pk_2"]
    assert settings.cors_origins == ("https://shop.example", "http://localhost:3000", "http://[::1]:80")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.5/32", "172.16.0.0/12"]
    assert (settings.open_paths, settings.root_path) == (("/metrics",), "/shop")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"API_KEY": "schlüssel"},
            "CHORUS_API_KEY: expected printable ASCII characters without blanks at the ends, given a secret",
        ),
        ({"API_KEY": "s3cret "}, "CHORUS_API_KEY: expected printable ASCII"),
        ({"API_KEY": " "}, "CHORUS_API_KEY: expected printable ASCII characters without blanks at the ends"),
        ({"API_KEY": "\t\n"}, "CHORUS_API_KEY: expected printable ASCII"),
        (
            {"API_KEY": "s3cret", "PUBLISHABLE_KEYS": "pk_1,ключ"},
            "CHORUS_PUBLISHABLE_KEYS: expected printable",
        ),
        (
            {"PUBLISHABLE_KEYS": "pk_1"},
            "CHORUS_PUBLISHABLE_KEYS: expected CHORUS_API_KEY or CHORUS_KEYS_FILE beside it",
        ),
        (
            {"API_KEY": "s3cret", "PUBLISHABLE_KEYS": "pk_1,s3cret"},
            "CHORUS_PUBLISHABLE_KEYS: expected keys other than CHORUS_API_KEY, given a secret",
        ),
        ({"STATE_KEY": "short"}, "CHORUS_STATE_KEY: expected at least 32 characters, such as `openssl"),
        ({"STATE_KEY": "s3cret " * 6}, "CHORUS_STATE_KEY: expected printable ASCII"),
        ({"STATE_KEY": "s3cret," + "x" * 32}, "CHORUS_STATE_KEY: expected no comma, which parts the keys"),
        (
            {"STATE_KEY": "x" * 32, "STATE_KEYS_OLD": "y" * 32 + ",s3cret"},
            "CHORUS_STATE_KEYS_OLD: expected at least 32 characters, such as `openssl rand -hex 32` prints, given a s",
        ),
        ({"STATE_KEYS_OLD": "s3cret" * 6}, "CHORUS_STATE_KEYS_OLD: expected CHORUS_STATE_KEY beside it"),
        ({"CORS_ORIGINS": "*,https://a.example"}, "CHORUS_CORS_ORIGINS: expected * alone, given"),
    ],
)
def test_keys_that_cannot_work_are_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], message: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"CHORUS_{name}", value)
    with pytest.raises(ConfigurationError) as refused:
        read_settings()
    assert str(refused.value).startswith(message)
    assert not [word for word in ("schl", "s3cret", "pk_1") if word in str(refused.value)]


def test_the_key_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_API_KEY", "s3cret")
    settings = read_settings()
    assert settings.api_key is not None and settings.api_key.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings) + str(settings.model_dump())


def test_the_state_keys_are_read_in_their_order_and_empty_ones_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("STATE_KEY", "STATE_KEYS_OLD", "PSEUDONYM_KEY"):
        monkeypatch.setenv(f"CHORUS_{name}", "")
    settings = read_settings()
    assert settings.state_keys is None and settings.pseudonyms is None
    monkeypatch.setenv("CHORUS_STATE_KEY", "c" * 32)
    assert read_settings().state_keys == StateKeys(b"c" * 32)
    monkeypatch.setenv("CHORUS_STATE_KEYS_OLD", f"{'b' * 32}, {'a' * 32}")
    settings = read_settings()
    assert settings.state_keys == StateKeys(b"c" * 32, (b"b" * 32, b"a" * 32))
    assert "cccc" not in repr(settings) and "bbbb" not in repr(settings)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.example"])
def test_without_a_key_other_machines_are_kept_out_unless_told_otherwise(host: str) -> None:
    with pytest.raises(
        ConfigurationError, match=f"CHORUS_HOST: expected a loopback address .* given '{host}'"
    ):
        require_keys_outside_loopback(read_settings(host=host))
    require_keys_outside_loopback(read_settings(host=host, api_key="k" * 32))
    require_keys_outside_loopback(read_settings(host=host, allow_anonymous=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_the_loopback_needs_no_key(host: str) -> None:
    require_keys_outside_loopback(read_settings(host=host))
