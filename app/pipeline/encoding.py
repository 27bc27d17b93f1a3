"""Encode users: user tower, push away from negative feedback and text preferences -> retrieval vector."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding_cache import (
    EVENT_BYTES,
    OVERHEAD,
    cache_key,
    derive,
    find_encoding,
    keep_encoding,
    measure_bytes,
)
from app.pipeline.query.text_query import read_request
from app.pipeline.types import Encoded, Moment, UserEvents
from app.pipeline.user_features import build_columns, build_features
from models.contract.arrays import Floats, Mask
from models.contract.catalogue import User, UserState
from models.contract.events import EventColumns, user_events
from models.contract.features import encode_context
from models.contract.feedback import read_feedback
from models.contract.low_values import ItemVectors
from models.contract.push import measure_push
from models.contract.recency import find_returning, newest_times
from models.contract.user_vector import BIAS_COLUMNS, retrieval_vector, strip_bias, weigh_recency
from models.contract.vocabulary import OOV
from models.language.text_preference import TextPreferences


def encode_user(
    bundle: LoadedBundle, state: UserState, query: str = "", moment: Moment | None = None
) -> Encoded:
    """Encode one user, whose events are oldest first, with the text of a query, at a moment."""
    encoded = encode_states(bundle, [state], [read_request(bundle, query, state.profile, state.events)])
    return encoded[0] if moment is None else add_moments(bundle, encoded, [moment])[0]


def find_returns(bundle: LoadedBundle, encoded: Sequence[Encoded], moments: Sequence[Moment]) -> Mask:
    """[M] whether each user, at the moment with the same number, is new or returns after a pause."""
    newest = np.array([newest_times(user.events.columns)[0] for user in encoded])
    returning = find_returning(newest, np.array([now for _, now in moments]), bundle.spec.timed)
    return returning & ~np.array([user.in_session for user in encoded], dtype=np.bool_)


def add_moments(
    bundle: LoadedBundle, encoded: Sequence[Encoded], moments: Sequence[Moment], returning: Mask | None = None
) -> list[Encoded]:
    """Each user at the moment of the request with the same number: its context changes the vector for `next`.

    So does whether the user is `returning` [M] (models.contract.recency); None: as the user's own events say.
    """
    returning = find_returns(bundle, encoded, moments) if returning is None else returning
    is_kept = len(encoded) == 1 and encoded[0].text is None and encoded[0].text_logits is None
    users = [_set_pause(bundle, *pair, is_kept) for pair in zip(encoded, returning.tolist(), strict=True)]
    tokens = np.stack([encode_context(bundle.spec, *moment) for moment in moments])
    if not (tokens > OOV).any():
        return users
    changes = np.zeros((len(users), bundle.dim + BIAS_COLUMNS), dtype=np.float32)
    changes[:, : bundle.dim] = bundle.predictor.encode_moments(tokens)
    return [
        replace(user, vector=user.vector + change, moment=change)
        for user, change in zip(users, changes, strict=True)
    ]


def _set_pause(bundle: LoadedBundle, user: Encoded, returns: bool, is_kept: bool) -> Encoded:
    """A user as one who returns, or not. `encode_columns` takes those with events to be within a session."""
    if returns == (not len(user.events.columns)):
        return user
    gains = bundle.manifest.recency

    def change() -> Encoded:
        vector = weigh_recency(user.vector, gains.returning if returns else gains.in_session)
        return replace(user, vector=vector, link_logits=measure_links(bundle, user.events, returning=returns))

    return derive(bundle, user, change, measure_bytes(user)) if is_kept else change()


def encode_states(
    bundle: LoadedBundle, states: Sequence[UserState], preferences: Sequence[TextPreferences]
) -> list[Encoded]:
    """Encode users with their text preferences; the result for each is independent of the others.

    The encoding of a single user is kept, as the next request of the same user often finds the same history.
    """
    single = len(states) == 1
    is_kept = single and bundle.known_users.keeps(states[0])
    events = read_columns(bundle, states)
    key = cache_key(bundle, states[0].profile, events, preferences[0], is_kept) if single else None
    kept = find_encoding(bundle, key)
    if kept is None:
        encoded = encode_columns(bundle, [state.profile for state in states], events, preferences)
        if single:
            keep_encoding(bundle, key, encoded[0])
    else:
        encoded = [kept]
    pairs = zip(encoded, states, strict=True)
    return [replace(user, in_session=True) if state.in_session else user for user, state in pairs]


def read_columns(bundle: LoadedBundle, states: Sequence[UserState]) -> EventColumns:
    """The events of the states as columns; those of a single user without newer events than the bundle's are kept."""
    events = [state.events for state in states]
    if len(states) != 1 or not bundle.known_users.keeps(states[0]):
        return build_columns(bundle.catalogue, events, bundle.spec.roles)
    size = OVERHEAD + EVENT_BYTES * len(events[0])
    return derive(bundle, events[0], lambda: build_columns(bundle.catalogue, events, bundle.spec.roles), size)


def encode_columns(
    bundle: LoadedBundle,
    profiles: Sequence[User | None],
    events: EventColumns,
    preferences: Sequence[TextPreferences],
) -> list[Encoded]:
    """Encode B users whose events are columns over the catalogue's rows. Who has events is in a session."""
    if not profiles:
        return []
    features = build_features(bundle, profiles, events, [texts.profile for texts in preferences])
    rows = np.split(features.rows, features.batch.offsets[1:-1])
    in_tower = np.split(features.batch.tower, features.batch.offsets[1:-1])
    feedback, gains = read_feedback(events, bundle.spec.value_range), bundle.manifest.recency
    encoded = []
    for user, encoding in enumerate(bundle.predictor.encode_users(features.batch)):
        part = slice(int(events.offsets[user]), int(events.offsets[user + 1]))
        history, texts = UserEvents(user_events(events, user), feedback[part]), preferences[user]
        push = measure_user_push(bundle, encoding.base, history)
        tower_events = int(np.count_nonzero(in_tower[user]))
        share = texts.popularity_share(tower_events)
        recency = gains.in_session if len(history.columns) else gains.returning
        vector = retrieval_vector(encoding.base, push, share, tower_events, recency)
        links = measure_links(bundle, history, returning=False)
        encoded.append(Encoded(vector, encoding, rows[user], texts.text, texts.logits, links, history))
    return encoded


def measure_links(bundle: LoadedBundle, events: UserEvents, *, returning: bool) -> Floats | None:
    """[n] the term of the item links over the catalogue; None without links, and where the history says nothing."""
    if bundle.links is None:
        return None
    polarity, count = bundle.spec.polarity, len(bundle.catalogue)
    return bundle.links.measure_user(events.columns, polarity, returning, count)


def measure_user_push(bundle: LoadedBundle, base: Floats, events: UserEvents) -> Floats:
    """The change [D] of the tower's output `base` [D] that the events' negative feedback makes."""
    items = ItemVectors(strip_bias(bundle.catalogue.vectors), bundle.mean_vector)
    return measure_push(items, base, events.columns, events.feedback, bundle.spec.polarity)
