"""The exploration of scenes: which policy is whose, and how the settings name it."""

import pytest

from app.config import ConfigurationError, read_settings
from app.scene_exploration import SceneExploration, find_exploration
from app.scenes import EVERY
from models.ranking.exploration import Policy

HOME = SceneExploration("home", Policy.SOFTMAX, 0.1)
OTHERS = SceneExploration(EVERY, Policy.EPSILON, 0.02)
QUIET = SceneExploration("a=b", Policy.NONE, 0.0)


def test_the_settings_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_EXPLORATION", "home=softmax:.1, *=epsilon:.02,a=b=none:0")
    settings = read_settings()
    assert settings.exploration == (HOME, OTHERS, QUIET)
    assert ",".join(map(str, settings.exploration)) == "home=softmax:0.1,*=epsilon:0.02,a=b=none:0"


def test_a_scene_has_one_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_EXPLORATION", "home=softmax:.1,home=none:0")
    with pytest.raises(ConfigurationError, match="expected one policy a scene"):
        read_settings()


def test_no_exploration_has_no_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_EXPLORATION", "home=none:.5")
    with pytest.raises(ConfigurationError, match="expected the strength 0 with the policy none"):
        read_settings()


def test_a_scene_without_a_policy_of_its_own_has_that_of_every_one() -> None:
    policies = (HOME, OTHERS, QUIET)
    assert find_exploration(policies, "home") == HOME
    assert find_exploration(policies, "away") == find_exploration(policies, None) == OTHERS
    assert find_exploration(policies, "a=b") is None
    assert find_exploration((HOME,), None) is None
