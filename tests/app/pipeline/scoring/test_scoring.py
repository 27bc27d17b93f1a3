"""Logits and calibrated values of every head."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from app.bundle import torch_predictor
from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.item_changes import apply_changes
from app.pipeline.encoding import encode_user
from app.pipeline.scoring import scoring
from app.pipeline.scoring.groups import Groups, GroupScores, score_groups
from app.pipeline.scoring.scoring import log_partitions
from app.pipeline.types import Encoded
from app.state.protocol import StoredItems
from models.contract.catalogue import UserState
from models.contract.events import Event
from models.contract.tasks import NEXT

EVERY = np.arange(80)
NOW = 1.701e9


@pytest.fixture
def encoded(learnt: LoadedBundle) -> Encoded:
    return encode_user(learnt, learnt.known_users.state("u2"))


def score(bundle: LoadedBundle, encoded: Encoded, rows: np.ndarray, now: float = NOW) -> GroupScores:
    alone = np.zeros(len(rows), dtype=np.int64)
    groups = Groups(rows, alone, alone, [({}, now)], [len(rows)])
    return score_groups(bundle, [encoded], groups, {NEXT: 1.0})


def values_of(
    bundle: LoadedBundle, encoded: Encoded, rows: np.ndarray, now: float = NOW
) -> Mapping[str, np.ndarray]:
    return score(bundle, encoded, rows, now).fused[0].values


@pytest.mark.parametrize("query", ["", "robots"])
def test_the_chances_to_be_next_add_up_to_one(learnt: LoadedBundle, query: str) -> None:
    for state in (UserState(), learnt.known_users.state("u7")):
        chances = values_of(learnt, encode_user(learnt, state, query), EVERY)[NEXT]
        assert chances.sum() == pytest.approx(1, abs=1e-4) and (chances > 0).all()


def test_what_is_deleted_has_no_chance_that_another_lacks(trained: Path) -> None:
    bundle = load_bundle(trained, candidates=100)
    gone = apply_changes(bundle, StoredItems(1, deleted=frozenset({"i0", "i1"})))
    chances = values_of(gone, encode_user(gone, UserState()), EVERY[2:])[NEXT]
    assert chances.sum() == pytest.approx(1, abs=1e-4)


def test_a_sampled_denominator_comes_close(
    learnt: LoadedBundle, encoded: Encoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = log_partitions(learnt, [encoded])[0]
    scale = learnt.manifest.calibrations[NEXT].scale
    added = encoded.added_logits
    logits = scale * (learnt.catalogue.vectors @ encoded.vector + (0 if added is None else added))
    assert exact == pytest.approx(float(np.log(np.exp(logits.astype(np.float64)).sum())), abs=1e-4)
    monkeypatch.setattr(scoring, "EXACT_PARTITION", 40)
    every_second = float(np.log(2 * np.exp(logits[::2].astype(np.float64)).sum()))
    assert log_partitions(learnt, [encoded])[0] == pytest.approx(every_second, abs=1e-4)
    # Genres repeat every four items, and a user prefers one: a stride of three meets all of them.
    monkeypatch.setattr(scoring, "EXACT_PARTITION", 30)
    assert log_partitions(learnt, [encoded])[0] == pytest.approx(exact, abs=0.5)


def test_values_are_in_their_heads_range(learnt: LoadedBundle, encoded: Encoded) -> None:
    values = values_of(learnt, encoded, EVERY)
    assert set(values) == set(learnt.heads)
    assert (values["rating"] >= 1).all() and (values["rating"] <= 5).all()
    for head in ("like", "genre", "daypart"):
        assert (values[head] >= 0).all() and (values[head] <= 1).all()
    assert all(value.shape == (80,) and np.isfinite(value).all() for value in values.values())


def test_an_items_values_do_not_hang_on_the_others(
    learnt: LoadedBundle, encoded: Encoded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor on how many are scored at once."""
    whole = values_of(learnt, encoded, EVERY)
    alone = values_of(learnt, encoded, EVERY[41:42])
    monkeypatch.setattr(torch_predictor, "CHUNK", 7)
    parts = values_of(learnt, encoded, EVERY[::-1].copy())
    for head, values in whole.items():
        assert alone[head][0] == pytest.approx(values[41], abs=1e-5)
        np.testing.assert_allclose(parts[head][::-1], values, atol=1e-5)


def test_no_candidates_give_no_values(learnt: LoadedBundle, encoded: Encoded) -> None:
    assert {len(value) for value in values_of(learnt, encoded, EVERY[:0]).values()} == {0}


def test_a_context_heads_value_is_the_chance_of_the_moment(learnt: LoadedBundle, encoded: Encoded) -> None:
    """Over the four dayparts the chances add up to one."""
    moments = [hour * 3600.0 for hour in (1, 7, 13, 19)]
    predicted = score(learnt, encoded, EVERY).predictions["daypart"]
    np.testing.assert_allclose(predicted.sum(axis=1), 1, atol=1e-5)
    chances = [values_of(learnt, encoded, EVERY, moment)["daypart"] for moment in moments]
    assert all(np.isin(chance.round(3), predicted.round(3)).any() for chance in chances)
    assert len({chance.tobytes() for chance in chances}) == 4


def test_a_genre_heads_value_is_that_of_the_items_own_genre(learnt: LoadedBundle, encoded: Encoded) -> None:
    scores = score(learnt, encoded, EVERY)
    values, predicted = scores.fused[0].values["genre"], scores.predictions
    (head,) = [head for head in learnt.manifest.heads if head.task.name == "genre"]
    for row in (0, 1, 2, 3):
        (label,) = learnt.catalogue.labels[row]
        assert values[row] == pytest.approx(predicted["genre"][row, head.classes.index(label)], abs=1e-6)


def test_the_history_moves_every_heads_scores(learnt: LoadedBundle, encoded: Encoded) -> None:
    before = values_of(learnt, encoded, EVERY)
    events = (*learnt.known_users.state("u2").events, Event("i1", "rate", NOW, 1.0))
    after = values_of(learnt, encode_user(learnt, UserState("u2", events=events)), EVERY)
    assert all(not np.array_equal(before[head], after[head]) for head in (NEXT, "like", "rating", "genre"))
