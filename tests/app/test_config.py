"""Settings: from the environment, above them those given; bad ones named."""

from pathlib import Path

import pytest

from app.config import ConfigurationError, read_settings


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
    ],
)
def test_a_bad_setting_is_named_with_what_was_expected_and_given(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CHORUS_{name}", value)
    with pytest.raises(ConfigurationError, match=rf"^CHORUS_{name}: expected .+, given '{value}'$"):
        read_settings()


def test_the_key_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_API_KEY", "s3cret")
    settings = read_settings()
    assert settings.api_key is not None and settings.api_key.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings) + str(settings.model_dump())
