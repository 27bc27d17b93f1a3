"""The user at this moment -> a vector: the tower over profile and history, moved by dislikes; texts add their own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.pipeline.sentiment import Sentiment, newest_sentiments, sentiment
from app.pipeline.types import Encoded
from models.contract.catalogue import User, UserState
from models.contract.events import NEGATIVE_ACTIONS
from models.contract.features import Floats, Indices, encode_history, encode_profile, user_text

if TYPE_CHECKING:
    from app.loaded import LoadedBundle


DISLIKE_PUSH = 3.0
"""Logits that a disliked item, and one just like it, loses (Rocchio 1971: negative relevance feedback)."""
DISLIKES = 10
"""The newest dislikes that push."""
QUERY_SHARE = 0.25
"""What is left of popularity where the request says in words what it wants: of the items' bias, and, of a user
without history, of the user's vector, which then says little else.
"""
QUERY_GAIN = 2.0
"""Logits that an item gains for each standard deviation by which its text is nearer to the query than most."""
INTERESTS_GAIN = 1.0
"""The same for interests stated in the profile: they always hold, so they say less about this moment."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted in words: the request's query, and the interests stated in the profile."""

    asked: bool  # the request says what it wants
    interests: Floats  # [T] for the user tower; zeros for none
    text: Floats | None  # [T] the query's vector, else the interests'
    logits: Floats | None  # [n] what both add to each catalogue row's `next` logit


def encode_user(bundle: "LoadedBundle", state: UserState, query: str = "") -> Encoded:
    """The user tower's output for a state whose events are oldest first, and what moves it."""
    return encode_state(bundle, state, read_wishes(bundle, query, state.profile))


def read_wishes(bundle: "LoadedBundle", query: str, profile: User | None) -> Wishes:
    """The texts of a request as vectors, each encoded once."""
    wanted = bundle.encode_text(query)
    interests = bundle.encode_text(user_text(bundle.spec, profile))
    found = [
        (vector, gain)
        for vector, gain in ((wanted, QUERY_GAIN), (interests, INTERESTS_GAIN))
        if vector is not None
    ]
    parts = [gain * _standard(bundle.catalogue.text @ vector) for vector, gain in found]
    return Wishes(
        asked=wanted is not None,
        interests=np.zeros(bundle.spec.text_size, dtype=np.float32) if interests is None else interests,
        text=found[0][0] if found else None,
        logits=np.sum(parts, axis=0).astype(np.float32) if found else None,
    )


@torch.inference_mode()
def encode_state(bundle: "LoadedBundle", state: UserState, wishes: Wishes) -> Encoded:
    """A user's state with the wishes already read."""
    history = encode_history(bundle.spec, state.events)
    rows = bundle.rows(history.item_ids)
    vectors = bundle.item_vectors(rows)
    profile = encode_profile(bundle.spec, state.profile)
    tower = bundle.network.users
    start = tower.profile(
        torch.from_numpy(profile.tokens)[None],
        torch.from_numpy(profile.numeric)[None],
        torch.from_numpy(wishes.interests)[None],
    )
    events = tower.events(
        torch.from_numpy(vectors)[None],
        torch.from_numpy(history.actions)[None],
        torch.from_numpy(history.dense)[None],
    )
    read = torch.from_numpy(_read_by_tower(bundle, state, len(rows)))
    base = tower(start, events[:, read])[0, -1].numpy()
    asked = QUERY_SHARE if wishes.asked else 1.0
    personal = 1.0 if state.events else asked
    return Encoded(
        vector=np.append(personal * base + _push(bundle, state), asked).astype(np.float32),
        base=base,
        history=events[0].numpy(),
        history_rows=rows,
        numbers=history.dense[-1, -2:] if len(history.dense) else np.zeros(2, dtype=np.float32),
        text=wishes.text,
        text_logits=wishes.logits,
    )


def _read_by_tower(bundle: "LoadedBundle", state: UserState, count: int) -> Indices:
    """The places, among the last `count` events, of those that the tower reads: no dislikes it never learned.

    A tower that never met a dislike would take it for interest. The scorer's target attention reads it all the
    same, since it sees the value; and a dislike pushes by itself.
    """
    actions = [event.action for event in state.events[len(state.events) - count :]]
    known = [action not in NEGATIVE_ACTIONS or action in bundle.spec.actions for action in actions]
    return np.flatnonzero(known)


def _push(bundle: "LoadedBundle", state: UserState) -> Floats:
    """Away from the newest DISLIKES items that the user disliked and did not speak well of since."""
    spread = bundle.spec.value_range
    spoken = [
        event
        for event in state.events
        if event.action in NEGATIVE_ACTIONS or sentiment(event, spread) is Sentiment.POSITIVE
    ]
    newest = newest_sentiments(spoken, spread)
    disliked = [event.item_id for event, said in newest if said is Sentiment.NEGATIVE][:DISLIKES]
    rows = bundle.rows(tuple(disliked))
    push = np.zeros(bundle.dim, dtype=np.float32)
    for direction in _directions(bundle, rows[rows >= 0]):
        push -= np.float32(DISLIKE_PUSH) * direction
    return push


def _standard(cosine: Floats) -> Floats:
    """Cosines [n] in standard deviations from their mean: how near counts as near differs from text to text."""
    return np.asarray((cosine - cosine.mean()) / max(float(cosine.std()), 1e-6), dtype=np.float32)


def _directions(bundle: "LoadedBundle", rows: Indices) -> list[Floats]:
    """For each row the step that adds 1 to its own item's logit, measured from the mean item."""
    return [_per_logit(bundle.catalogue.vectors[row, :-1] - bundle.mean_vector) for row in rows]


def _per_logit(vector: Floats) -> Floats:
    """v / |v|^2: its inner product with v is 1."""
    return np.asarray(vector / max(float(vector @ vector), 1e-6), dtype=np.float32)
