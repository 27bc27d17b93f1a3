"""Settings by scene: which one holds for a request, and that each scene has one."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

EVERY = "*"
"""In place of a scene: the requests of all scenes that have no setting of their own, and those without a scene."""


class OfScene(Protocol):
    """A setting of one scene, or of EVERY one."""

    @property
    def scene(self) -> str:
        """The scene's name."""


Setting = TypeVar("Setting", bound=OfScene)


def check_scenes(settings: tuple[Setting, ...], noun: str) -> tuple[Setting, ...]:
    """The same settings; raises ValueError for a scene with two. `noun` names one of them in the message."""
    if len({each.scene for each in settings}) < len(settings):
        raise ValueError(f"expected one {noun} a scene")
    return settings


def find_of_scene(settings: Iterable[Setting], scene: str | None) -> Setting | None:
    """The setting of a scene, or else that of every one; None for none."""
    by_scene = {each.scene: each for each in settings}
    return by_scene.get(scene or EVERY) or by_scene.get(EVERY)
