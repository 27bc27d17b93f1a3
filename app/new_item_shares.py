"""The shares of places that new items get, by scene: SCENE=SHARE, or a share for the requests of all scenes."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.scenes import EVERY, find_of_scene

MOST = 0.5
"""The largest share: a list is for what is known to be good."""


@dataclass(frozen=True, slots=True)
class SceneShare:
    """The share of the places of a scene's lists."""

    scene: str
    share: float  # 0 to MOST; 0 keeps none

    def __str__(self) -> str:
        return f"{self.scene}={self.share:g}"


DEFAULT = (SceneShare(EVERY, 0.1),)


def parse_scene_share(value: object) -> object:
    """The share of a text such as home=.2 or .1; other values as they are. Raises ValueError."""
    if not isinstance(value, str):
        return value
    scene, equals, number = value.rpartition("=")
    try:
        share = float(number)
    except ValueError:
        share = float("nan")
    if bool(equals) is not bool(scene) or not 0 <= share <= MOST:
        raise ValueError(f"expected a share from 0 to {MOST:g} such as .1, or SCENE=SHARE such as home=.1")
    return SceneShare(scene or EVERY, share)


def find_share(shares: Iterable[SceneShare], scene: str | None) -> float:
    """The share of a scene, or else that of every one; 0 for none."""
    found = find_of_scene(shares, scene)
    return 0.0 if found is None else found.share
