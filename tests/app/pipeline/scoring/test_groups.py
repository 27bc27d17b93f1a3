"""Many groups scored at once: what each gets alone, whoever else is asked about."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.bundle import torch_predictor
from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.item_changes import apply_changes
from app.pipeline import encoding
from app.pipeline.encoding import encode_user
from app.pipeline.scoring import groups as groups_module
from app.pipeline.scoring import scoring
from app.pipeline.scoring.fusion import FusedScores, fuse_heads
from app.pipeline.scoring.groups import ScoreRequest, score_candidates, score_requests
from app.pipeline.types import Candidates, Encoded, Query
from app.state.protocol import StoredItems
from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event
from models.contract.fusion import FusionMethod
from models.contract.recency import RecencyGains
from models.contract.tasks import NEXT
from models.language.text_preference import TextPreferences
from models.ranking.rerank import Diversity

NOW = 1.701e9
ACTIONS = ("rate", "view", "dislike", "skip", "like")


@pytest.fixture(scope="module")
def bundle(trained: Path) -> LoadedBundle:
    """The shop with items put and deleted since."""
    put = [Item(f"new{number}", {"title": "Robots", "genres": ("space",)}) for number in range(3)]
    items = {item.item_id: item for item in put}
    return apply_changes(load_bundle(trained, 100), StoredItems(1, items, frozenset({"i7"})))


def random_event(random: np.random.Generator, at: float) -> Event:
    action = ACTIONS[int(random.integers(len(ACTIONS)))]
    item = random.choice(["never", "new1", *(f"i{number}" for number in range(80))])
    return Event(str(item), action, at, float(random.integers(1, 6)) if action == "rate" else None)


def random_state(bundle: LoadedBundle, random: np.random.Generator) -> UserState:
    """Nobody, a few events, more than the tower sees, more than any statistic; now and then with a profile."""
    count = int(random.choice([0, 0, 1, 3, 19, 20, 21, 60, 450]))
    events = tuple(random_event(random, 1.7e9 + 60 * step) for step in range(count))
    profile = User(
        "u", {"job": str(random.choice(["artist", "unheard of"]))}, str(random.choice(["", "wild animals"]))
    )
    known = bundle.known_users.state(f"u{random.integers(50)}")
    state = UserState("u", profile if random.random() < 0.5 else None, events)
    return known if random.random() < 0.3 else state


def random_groups(bundle: LoadedBundle, seed: int, count: int = 40) -> list[ScoreRequest]:
    random = np.random.default_rng(seed)
    states = [random_state(bundle, random) for _ in range(count // 2)]
    groups = []
    for _ in range(count):
        items = random.choice(bundle.catalogue.ids, size=int(random.choice([0, 1, 1, 2, 17, 70])))
        moment = NOW + 3600.0 * int(random.integers(30))
        state = states[int(random.integers(len(states)))]
        if random.random() < 0.3:  # a session on top
            state = replace(state, events=(*state.events, random_event(random, NOW)))
        groups.append(ScoreRequest(state, tuple(map(str, items)), {}, moment))
    return groups


def alone(bundle: LoadedBundle, group: ScoreRequest) -> FusedScores:
    """A group on the way of a single request."""
    rows = bundle.rows(group.item_ids)
    candidates = Candidates(rows, ("asked",), np.ones((1, len(rows)), dtype=np.bool_), len(rows))
    encoded = encode_user(bundle, group.state, moment=(group.context, group.now))
    query = Query(
        state=group.state,
        now=group.now,
        limit=len(rows),
        context=group.context,
        weights=bundle.manifest.fusion.weights,
        diversity=Diversity(),
    )
    scored, _ = score_candidates(bundle, encoded, candidates, query)
    return FusedScores(scored.score, scored.values, scored.contributions)


def same(one: FusedScores, other: FusedScores) -> None:
    np.testing.assert_allclose(one.score, other.score, atol=1e-5)
    assert set(one.values) == set(other.values)
    for name, values in one.values.items():
        np.testing.assert_allclose(values, other.values[name], atol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_a_group_gets_what_it_gets_alone(bundle: LoadedBundle, seed: int) -> None:
    groups = random_groups(bundle, seed)
    found = score_requests(bundle, groups)
    assert len(found) == len(groups)
    for group, scores in zip(groups, found, strict=True):
        assert scores.score.shape == (len(group.item_ids),)
        same(scores, alone(bundle, group))


def test_the_other_groups_and_the_passes_change_nothing(
    bundle: LoadedBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = random_groups(bundle, 7)
    whole = score_requests(bundle, groups)
    back = score_requests(bundle, groups[::-1])[::-1]
    for module, name, small in (
        (torch_predictor, "CHUNK", 5),
        (torch_predictor, "CHUNK_EVENTS", 50),
        (torch_predictor, "TOWER_POSITIONS", 30),
        (scoring, "PARTITION_BYTES", 1),
    ):
        monkeypatch.setattr(module, name, small)
    parts = score_requests(bundle, groups)
    for scores, reverse, part in zip(whole, back, parts, strict=True):
        same(scores, reverse)
        same(scores, part)


def test_a_vote_stays_in_its_group(bundle: LoadedBundle) -> None:
    fusion = bundle.manifest.fusion.model_copy(update={"method": FusionMethod.VOTE})
    voting = replace(bundle, manifest=bundle.manifest.model_copy(update={"fusion": fusion}))
    groups = [group for group in random_groups(bundle, 9, 12) if group.item_ids]
    for scores in score_requests(
        voting, groups
    ):  # ranks of the group's own values: rounding settles ties elsewhere
        voted = fuse_heads(scores.values, fusion, fusion.weights)
        np.testing.assert_array_equal(scores.score, voted.score)


def test_groups_of_one_state_share_its_encoding(
    bundle: LoadedBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def counted(bundle: LoadedBundle, states: list[UserState], texts: list[TextPreferences]) -> list[Encoded]:
        read.append(len(states))
        return encoding.encode_states(bundle, states, texts)

    monkeypatch.setattr(groups_module, "encode_states", counted)
    known = bundle.known_users.state("u1")
    states = [known, known, *(UserState(f"stranger {number}") for number in range(5))]
    score_requests(
        bundle, [ScoreRequest(state, ("i1",), {}, NOW + place) for place, state in enumerate(states)]
    )
    assert read == [2]


def test_no_groups_and_groups_of_nothing(bundle: LoadedBundle) -> None:
    assert score_requests(bundle, []) == []
    (none,) = score_requests(bundle, [ScoreRequest(UserState(), (), {}, NOW)])
    assert none.score.shape == (0,) and set(none.values) == set(bundle.heads)


def test_requests_before_and_after_a_pause_are_scored_as_alone(learnt: LoadedBundle) -> None:
    """One user a minute and an hour after the last event, at the same daypart and weekday, together and alone."""
    recency = RecencyGains(in_session=0.0, returning=30.0)
    bundle = replace(learnt, manifest=learnt.manifest.model_copy(update={"recency": recency}))
    state = UserState("u", events=(Event("i0", "rate", NOW, 5.0),))
    items = tuple(bundle.catalogue.ids[:20])
    asked = [ScoreRequest(state, items, {}, NOW + pause) for pause in (60.0, 3_600.0)]
    together = score_requests(bundle, asked)
    for request, scores in zip(asked, together, strict=True):
        same(scores, alone(bundle, request))
    assert np.abs(together[0].values[NEXT] - together[1].values[NEXT]).max() > 1e-3
