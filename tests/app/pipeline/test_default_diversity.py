"""The default diversity of a request: the bundle's, and none where the last events show a clear intent."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.default_diversity import choose_diversity
from models.contract.bundle import DefaultDiversity
from models.contract.catalogue import UserState
from models.contract.events import Event


def state(items: Sequence[int], action: str = "view") -> UserState:
    return UserState("u", events=tuple(Event(f"i{item}", action, 1.7e9 + n) for n, item in enumerate(items)))


@pytest.fixture
def bundle(learnt: LoadedBundle) -> LoadedBundle:
    """The shop, where items of one genre are 4 apart, with a default of its own."""
    manifest = learnt.manifest.model_copy(update={"diversity": DefaultDiversity(method="dpp", strength=0.4)})
    return replace(learnt, manifest=manifest)


@pytest.mark.parametrize(
    ("items", "action", "strength"),
    [
        ([], "view", 0.4),
        ([0, 4], "view", 0.4),
        ([0, 4, 8], "view", 0.0),  # three of one genre in four: 1 in 64 by chance
        ([0, 4, 8, 1], "view", 0.4),
        ([1, 2, 0, 4, 8, 12, 16], "view", 0.0),
        ([0, 4, 8], "impression", 0.4),  # what was shown is no intent
        ([0, 4, 8], "dislike", 0.4),
    ],
)
def test_the_last_events_decide(bundle: LoadedBundle, items: list[int], action: str, strength: float) -> None:
    found = choose_diversity(bundle, state(items, action))
    assert (found.method, found.strength) == ("dpp", strength)
