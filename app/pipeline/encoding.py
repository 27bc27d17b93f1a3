"""The user at this moment -> a vector: the user tower over profile and history, moved by dislikes and the query."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from app.pipeline.types import Encoded
from models.contract.catalogue import UserState
from models.contract.events import NEGATIVE_ACTIONS
from models.contract.features import Floats, Indices, encode_history, encode_profile, user_text

if TYPE_CHECKING:
    from app.loaded import LoadedBundle

DISLIKE_PUSH = 3.0
"""Logits that a disliked item, and one just like it, loses (Rocchio 1971: negative relevance feedback)."""
DISLIKES = 10
"""The newest dislikes that push."""
QUERY_PULL = 4.0
"""Logits that what a query finds gains on what it does not; twice that for a user without history."""
QUERY_ITEMS = 20
"""The query is placed among the items by the texts nearest to it (pseudo relevance feedback)."""
QUERY_SHARPNESS = 20.0


@torch.inference_mode()
def encode_user(bundle: "LoadedBundle", state: UserState, query: str = "") -> Encoded:
    """The user tower's output for a state whose events are oldest first, and the vector to search with."""
    history = encode_history(bundle.spec, state.events)
    rows = bundle.rows(history.item_ids)
    vectors = bundle.item_vectors(rows)
    profile = encode_profile(bundle.spec, state.profile)
    tower = bundle.network.users
    start = tower.profile(
        torch.from_numpy(profile.tokens)[None],
        torch.from_numpy(profile.numeric)[None],
        torch.from_numpy(bundle.profile_text(state.profile))[None],
    )
    events = tower.events(
        torch.from_numpy(vectors)[None],
        torch.from_numpy(history.actions)[None],
        torch.from_numpy(history.dense)[None],
    )
    base = tower(start, events)[0, -1].numpy()
    wish = ". ".join(part for part in (query, user_text(bundle.spec, state.profile)) if part)
    text = bundle.encode_text(wish)
    moved = base + _push(bundle, state) + _pull(bundle, text, has_history=len(state.events) > 0)
    return Encoded(
        vector=np.append(moved, np.float32(1)).astype(np.float32),
        base=base,
        history=events[0].numpy(),
        history_rows=rows,
        numbers=history.dense[-1, -2:] if len(history.dense) else np.zeros(2, dtype=np.float32),
        text=text,
    )


def _push(bundle: "LoadedBundle", state: UserState) -> Floats:
    """Away from what the user's latest word on was a dislike, the newest DISLIKES of them."""
    latest = {event.item_id: event.action for event in state.events}
    disliked = [item_id for item_id, action in latest.items() if action in NEGATIVE_ACTIONS][-DISLIKES:]
    rows = bundle.rows(tuple(disliked))
    push = np.zeros(bundle.dim, dtype=np.float32)
    for direction in _directions(bundle, rows[rows >= 0]):
        push -= np.float32(DISLIKE_PUSH) * direction
    return push


def _pull(bundle: "LoadedBundle", text: Floats | None, *, has_history: bool) -> Floats:
    """Towards the items whose texts are nearest to the query's, weighted by nearness."""
    if text is None or not bundle.catalogue.text.shape[1]:
        return np.zeros(bundle.dim, dtype=np.float32)
    cosine = bundle.catalogue.text @ text
    rows = np.argsort(-cosine, kind="stable")[:QUERY_ITEMS]
    weight = np.exp(QUERY_SHARPNESS * (cosine[rows] - cosine[rows[0]]))
    centre = (weight / weight.sum()) @ (bundle.catalogue.vectors[rows, :-1] - bundle.mean_vector)
    gain = QUERY_PULL if has_history else 2 * QUERY_PULL
    return np.asarray(gain * _per_logit(centre), dtype=np.float32)


def _directions(bundle: "LoadedBundle", rows: Indices) -> list[Floats]:
    """For each row the step that adds 1 to its own item's logit, measured from the mean item."""
    return [_per_logit(bundle.catalogue.vectors[row, :-1] - bundle.mean_vector) for row in rows]


def _per_logit(vector: Floats) -> Floats:
    """v / |v|^2: its inner product with v is 1."""
    return np.asarray(vector / max(float(vector @ vector), 1e-6), dtype=np.float32)
