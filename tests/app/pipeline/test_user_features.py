"""Users read together are read as each alone."""

import numpy as np
import pytest
import torch

from app.bundle.bundle import LoadedBundle
from app.pipeline.user_features import read_states
from models.contract.catalogue import UserState
from models.contract.events import Event
from models.contract.features import encode_history, encode_profile


def state(count: int) -> UserState:
    events = (Event(f"i{n % 80}", "rate", 1.7e9 + 97 * n * n, 1.0 + n * n % 5) for n in range(count))
    return UserState("u", events=tuple(events))


@torch.inference_mode()
def by_hand(bundle: LoadedBundle, given: UserState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The tower's last output, the history and its numbers, of all events at once and without padding."""
    history, profile = encode_history(bundle.spec, given.events), encode_profile(bundle.spec, given.profile)
    tower = bundle.network.users
    vectors = bundle.item_vectors(bundle.rows(history.item_ids))
    start = tower.profile(
        torch.from_numpy(profile.tokens)[None],
        torch.from_numpy(profile.numeric)[None],
        torch.zeros(1, bundle.spec.text_size),
    )
    given_events = (torch.from_numpy(part)[None] for part in (vectors, history.actions, history.dense))
    events = tower.events(*given_events)
    return tower(start, events)[0, -1].numpy(), events[0].numpy(), history.dense[-1:, -2:]


def test_users_of_any_length_are_read_together_as_alone(learnt: LoadedBundle) -> None:
    """Also where a history is longer than all that is said of its last events."""
    states = [state(count) for count in (3, 0, 450, 20, 1, 21, 230, 0)]
    blank = np.zeros(learnt.spec.text_size, dtype=np.float32)
    for given, found in zip(states, read_states(learnt, states, [blank] * len(states)), strict=True):
        base, history, numbers = by_hand(learnt, given)
        np.testing.assert_allclose(found.base, base, atol=1e-5)
        np.testing.assert_allclose(found.history, history, atol=1e-6)
        np.testing.assert_allclose(found.numbers, numbers[0] if len(numbers) else [0, 0], atol=1e-6)
        assert found.rows.tolist() == [int(event.item_id[1:]) for event in given.events[-20:]]


def test_nobody_is_read_as_nothing(learnt: LoadedBundle) -> None:
    assert read_states(learnt, [], []) == []


@pytest.mark.parametrize("action", ["dislike", "rate"])
def test_the_tower_skips_a_dislike_that_it_never_learned(learnt: LoadedBundle, action: str) -> None:
    last = Event("i5", action, 1.8e9, 1.0 if action == "rate" else None)
    states = [state(5), UserState("u", events=(*state(5).events, last))]
    blank = np.zeros(learnt.spec.text_size, dtype=np.float32)
    before, after = read_states(learnt, states, [blank, blank])
    assert np.allclose(before.base, after.base, atol=1e-5) == (action == "dislike")
    assert len(after.history) == 6 and after.rows.tolist() == [0, 1, 2, 3, 4, 5]
