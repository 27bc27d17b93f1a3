"""Users encoded together are encoded as each alone."""

import numpy as np
import pytest
import torch

from app.bundle.bundle import LoadedBundle
from app.bundle.predictor import UserEncoding
from app.bundle.torch_predictor import TorchPredictor
from app.pipeline.user_features import build_columns, build_features
from models.contract.catalogue import UserState
from models.contract.event_features import encode_events
from models.contract.events import Event, column_events
from models.contract.features import encode_profile


def state(count: int) -> UserState:
    events = (Event(f"i{n % 80}", "rate", 1.7e9 + 97 * n * n, 1.0 + n * n % 5) for n in range(count))
    return UserState("u", events=tuple(events))


def encode(bundle: LoadedBundle, states: list[UserState]) -> tuple[list[UserEncoding], list[list[int]]]:
    """The encodings, and the history's catalogue rows of each user."""
    blank = np.zeros(bundle.spec.text_size, dtype=np.float32)
    columns = build_columns(bundle.catalogue, [user.events for user in states])
    profiles = [user.profile for user in states]
    features = build_features(bundle, profiles, columns, [blank] * len(states))
    rows = np.split(features.rows, features.batch.offsets[1:-1])
    return bundle.predictor.encode_users(features.batch), [part.tolist() for part in rows]


@torch.inference_mode()
def by_hand(bundle: LoadedBundle, user: UserState) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The tower's last output, the history and its numbers, of all events at once and without padding."""
    columns = column_events([user.events], lambda item_id: int(bundle.rows([item_id])[0]))
    arrays, last = encode_events(bundle.spec, columns), slice(-20, None)
    profile = encode_profile(bundle.spec, user.profile)
    assert isinstance(bundle.predictor, TorchPredictor)
    tower = bundle.predictor.network.users
    vectors = bundle.item_vectors(columns.items[last])
    start = tower.profile(
        torch.from_numpy(profile.tokens)[None],
        torch.from_numpy(profile.numeric)[None],
        torch.zeros(1, bundle.spec.text_size),
    )
    inputs = (torch.from_numpy(part)[None] for part in (vectors, arrays.actions[last], arrays.dense[last]))
    events = tower.events(*inputs)
    return tower(start, events)[0, -1].numpy(), events[0].numpy(), arrays.dense[-1:, -2:]


def test_users_of_any_length_are_encoded_together_as_alone(learnt: LoadedBundle) -> None:
    """Also where a history is longer than what the features of its last events look back to."""
    states = [state(count) for count in (3, 0, 450, 20, 1, 21, 230, 0)]
    for user, output, rows in zip(states, *encode(learnt, states), strict=True):
        base, history, numbers = by_hand(learnt, user)
        np.testing.assert_allclose(output.base, base, atol=1e-5)
        np.testing.assert_allclose(output.history, history, atol=1e-6)
        np.testing.assert_allclose(output.numbers, numbers[0] if len(numbers) else [0, 0], atol=1e-6)
        assert rows == [int(event.item_id[1:]) for event in user.events[-20:]]


def test_items_that_the_catalogue_lacks_are_told_apart(learnt: LoadedBundle) -> None:
    users = [[Event(item_id, "view", 0.0) for item_id in ("never", "i3")], [Event("nor", "view", 0.0)]]
    users[1].append(Event("never", "view", 1.0))
    columns = build_columns(learnt.catalogue, users)
    assert columns.items.tolist() == [-1, 3, -2, -1] and columns.offsets.tolist() == [0, 2, 4]
    _, rows = encode(learnt, [UserState(events=tuple(events)) for events in users])
    assert rows == [[3], []]  # no encoding reads them


@pytest.mark.parametrize("action", ["dislike", "rate"])
def test_the_tower_skips_a_dislike_that_it_never_learned(learnt: LoadedBundle, action: str) -> None:
    last = Event("i5", action, 1.8e9, 1.0 if action == "rate" else None)
    (before, after), rows = encode(learnt, [state(5), UserState("u", events=(*state(5).events, last))])
    assert np.allclose(before.base, after.base, atol=1e-5) == (action == "dislike")
    assert len(after.history) == 6 and rows[1] == [0, 1, 2, 3, 4, 5]
