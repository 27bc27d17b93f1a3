"""The exploration of scenes by the settings: POLICY:STRENGTH for the requests of a scene that state none."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.scenes import find_of_scene
from models.ranking.exploration import Policy


@dataclass(frozen=True, slots=True)
class SceneExploration:
    """The policy of a scene."""

    scene: str
    policy: Policy
    strength: float

    def __str__(self) -> str:
        return f"{self.scene}={self.policy}:{self.strength:g}"


def parse_scene_exploration(value: object) -> object:
    """The policy of a text such as home=softmax:.1; other values as they are. Raises ValueError."""
    if not isinstance(value, str):
        return value
    scene, equals, settings = value.rpartition("=")
    policy, colon, number = settings.partition(":")
    try:
        strength = float(number)
    except ValueError:
        strength = float("nan")
    if not (scene and equals and colon) or policy not in list(Policy) or not 0 <= strength <= 1:
        raise ValueError(f"expected SCENE=POLICY:STRENGTH such as home=softmax:.1, with a policy of {_NAMES}")
    if policy == Policy.NONE and strength:
        raise ValueError("expected the strength 0 with the policy none, which does not explore")
    return SceneExploration(scene, Policy(policy), strength)


def find_exploration(policies: Iterable[SceneExploration], scene: str | None) -> SceneExploration | None:
    """The policy of a scene, or else that of every one; None for no exploration."""
    found = find_of_scene(policies, scene)
    return None if found is None or found.policy is Policy.NONE else found


_NAMES = ", ".join(Policy)
