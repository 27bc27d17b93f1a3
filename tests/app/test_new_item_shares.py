"""The shares of places for new items in the settings."""

import pytest

from app.config import ConfigurationError, read_settings
from app.new_item_shares import DEFAULT, SceneShare, find_share


def test_a_tenth_unless_said_otherwise() -> None:
    settings = read_settings()
    assert settings.new_items == DEFAULT and find_share(DEFAULT, "home") == find_share(DEFAULT, None) == 0.1
    assert settings.keeps_new_places


def test_one_share_for_all_or_one_a_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_NEW_ITEMS", "0")
    assert not read_settings().keeps_new_places
    monkeypatch.setenv("CHORUS_NEW_ITEMS", "home=.2, *=.05,a=b=0")
    settings = read_settings()
    assert settings.new_items == (SceneShare("home", 0.2), SceneShare("*", 0.05), SceneShare("a=b", 0.0))
    found = [find_share(settings.new_items, scene) for scene in ("home", "search", None, "a=b")]
    assert found == [0.2, 0.05, 0.05, 0.0]
    monkeypatch.setenv("CHORUS_NEW_ITEMS", "home=.2")
    assert find_share(read_settings().new_items, "search") == 0.0


@pytest.mark.parametrize("given", ["much", "home=", "=.1", ".6", "-0.1", "nan", "home=.1,home=.2", ".1,*=.2"])
def test_what_is_no_share_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("CHORUS_NEW_ITEMS", given)
    with pytest.raises(ConfigurationError, match="CHORUS_NEW_ITEMS: expected"):
        read_settings()
