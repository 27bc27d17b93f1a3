"""The user at this moment -> a vector: the tower over profile and history, moved by dislikes; texts add their own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from app.pipeline.query.text_query import Wishes, read_wishes
from app.pipeline.types import Encoded
from app.pipeline.user_features import Reading, read_states
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import UserState
from models.contract.events import Action, Event
from models.contract.feedback import Sentiment, newest_sentiments, sentiment

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle


DISLIKE_PUSH = 3.0
"""Logits that a disliked item, and one just like it, loses (Rocchio 1971: negative relevance feedback)."""
DISLIKES = 10
"""The newest dislikes, and the newest skips, that push."""
SKIP_PUSH = 1.0
"""The same for a skip, which says less: not this, not now."""


def encode_user(bundle: "LoadedBundle", state: UserState, query: str = "") -> Encoded:
    """The user tower's output for a state whose events are oldest first, and what moves it."""
    return encode_state(bundle, state, read_wishes(bundle, query, state.profile))


def encode_state(bundle: "LoadedBundle", state: UserState, wishes: Wishes) -> Encoded:
    """A user's state with the wishes already read."""
    return encode_states(bundle, [state], [wishes])[0]


def encode_states(
    bundle: "LoadedBundle", states: Sequence[UserState], wishes: Sequence[Wishes]
) -> list[Encoded]:
    """Many users' states, with each one's wishes already read, as `encode_state` gives them one by one."""
    readings = read_states(bundle, states, [wanted.profile for wanted in wishes])
    return [_moved(bundle, *of_user) for of_user in zip(states, wishes, readings, strict=True)]


def _moved(bundle: "LoadedBundle", state: UserState, wishes: Wishes, reading: Reading) -> Encoded:
    """What the tower read, moved by dislikes and wishes."""
    popular = wishes.popularity_share(reading.read)
    personal = 1.0 if reading.read else popular
    return Encoded(
        vector=np.append(personal * reading.base + _push(bundle, state), popular).astype(np.float32),
        base=reading.base,
        history=reading.history,
        history_rows=reading.rows,
        numbers=reading.numbers,
        text=wishes.text,
        text_logits=wishes.logits,
    )


def _push(bundle: "LoadedBundle", state: UserState) -> Floats:
    """Away from the newest items that the user disliked or skipped and did not speak well of since."""
    spread = bundle.spec.value_range
    disliked = _turned_down(state.events, Action.DISLIKE, spread)
    skipped = [one for one in _turned_down(state.events, Action.SKIP, spread) if one not in disliked]
    push = np.zeros(bundle.dim, dtype=np.float32)
    for gain, items in ((DISLIKE_PUSH, disliked), (SKIP_PUSH, skipped)):
        rows = bundle.rows(tuple(items[:DISLIKES]))
        for direction in _directions(bundle, rows[rows >= 0]):
            push -= np.float32(gain) * direction
    return push


def _turned_down(
    events: Sequence[Event], action: Action, value_range: tuple[float, float] | None
) -> list[str]:
    """The items turned down by an action that no later praise takes back, the newest first."""
    if all(event.action != action for event in events):
        return []
    spoken = [
        event
        for event in events
        if event.action == action or sentiment(event, value_range) is Sentiment.POSITIVE
    ]
    newest = newest_sentiments(spoken, value_range)
    return [event.item_id for event, said in newest if said is Sentiment.NEGATIVE]


def _directions(bundle: "LoadedBundle", rows: Indices) -> list[Floats]:
    """For each row the step that adds 1 to its own item's logit, measured from the mean item."""
    return [_per_logit(bundle.catalogue.vectors[row, :-1] - bundle.mean_vector) for row in rows]


def _per_logit(vector: Floats) -> Floats:
    """v / |v|^2: its inner product with v is 1."""
    return np.asarray(vector / max(float(vector @ vector), 1e-6), dtype=np.float32)
