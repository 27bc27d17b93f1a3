"""Fetched words: the bundle of a request with texts, and of one without."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts, RemoteTexts
from app.pipeline.encoding import encode_user
from app.text_fetching import fetch_words
from models.contract.arrays import Floats
from models.contract.catalogue import User, UserState
from models.contract.events import Event
from models.language.plan import NO_PLAN, Plan


class Ones:
    """A text encoder whose vectors are all ones."""

    name = "endpoint:ones"

    def __init__(self, size: int) -> None:
        self.size = size

    def encode(self, texts: Sequence[str]) -> Floats:
        return np.ones((len(texts), self.size), dtype=np.float32)


@pytest.fixture
def bundle(learnt: LoadedBundle) -> LoadedBundle:
    return replace(learnt, text_encoder=RemoteTexts(Ones(learnt.spec.text_size), limit_s=60.0))


async def test_a_user_without_texts_is_encoded_once_over_many_requests(bundle: LoadedBundle) -> None:
    state = UserState("u", events=(Event("i1", "view", 1.7e9),))
    first, again = [
        encode_user(await fetch_words(bundle, [(NO_PLAN, state), (Plan(), UserState())]), state)
        for _ in range(2)
    ]
    assert first is again and len(bundle.encodings) == 1


@pytest.mark.parametrize(
    ("plan", "profile"),
    [
        (Plan(direction="robots"), None),
        (Plan(avoid=("robots",)), None),
        (Plan(), User("u", interests="robots")),
    ],
)
async def test_texts_are_fetched_for_their_request_alone(
    bundle: LoadedBundle, plan: Plan, profile: User | None
) -> None:
    fetched = await fetch_words(bundle, [(plan, UserState("u", profile))])
    assert fetched is not bundle and isinstance(fetched.text_encoder, FetchedTexts)
    assert fetched.text_encoder.encode(["robots"]).any()
    assert not fetched.text_encoder.encode(["horses"]).any()
