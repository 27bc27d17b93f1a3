"""Give a request the exploration of its scene, where it states none."""

from collections.abc import Sequence
from dataclasses import replace

from app.api.cursor import Page
from app.api.schemas.exploration import ExplorationRequest
from app.api.schemas.recommendation import ListRequest
from app.scene_exploration import SceneExploration, find_exploration


def explore_scene(page: Page[ListRequest], policies: Sequence[SceneExploration]) -> Page[ListRequest]:
    """The page with the policy of its scene by the settings, drawn anew for each answer."""
    if not policies or page.request.exploration is not None:
        return page
    found = find_exploration(policies, page.request.scene)
    if found is None:
        return page
    exploration = ExplorationRequest(policy=found.policy.value, strength=found.strength)
    return replace(page, request=page.request.model_copy(update={"exploration": exploration}))
