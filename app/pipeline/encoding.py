"""A user at this moment -> the retrieval vector: the user tower, pushed by dislikes and skips, and the texts."""

from collections.abc import Sequence

from app.bundle.bundle import LoadedBundle
from app.pipeline.query.text_query import read_request
from app.pipeline.types import Encoded, UserEvents
from app.pipeline.user_features import UserOutput, column_users, encode_features
from models.contract.catalogue import User, UserState
from models.contract.events import EventColumns, user_events
from models.contract.feedback import read_feedback
from models.contract.user_vector import push_away, pushing_items, retrieval_vector
from models.language.text_preference import TextPreferences


def encode_user(bundle: LoadedBundle, state: UserState, query: str = "") -> Encoded:
    """One user, whose events are oldest first, with a query's text."""
    return encode_states(bundle, [state], [read_request(bundle, query, state.profile)])[0]


def encode_states(
    bundle: LoadedBundle, states: Sequence[UserState], preferences: Sequence[TextPreferences]
) -> list[Encoded]:
    """Many users with their text preferences; each is encoded as it would be alone."""
    events = column_users(bundle.catalogue, [state.events for state in states])
    return encode_columns(bundle, [state.profile for state in states], events, preferences)


def encode_columns(
    bundle: LoadedBundle,
    profiles: Sequence[User | None],
    events: EventColumns,
    preferences: Sequence[TextPreferences],
) -> list[Encoded]:
    """The same for B users whose events are columns over the catalogue's rows."""
    feedback = read_feedback(events, bundle.spec.value_range)
    outputs = encode_features(bundle, profiles, events, [texts.profile for texts in preferences])
    encoded = []
    for user, (output, texts) in enumerate(zip(outputs, preferences, strict=True)):
        part = slice(int(events.offsets[user]), int(events.offsets[user + 1]))
        moment = UserEvents(user_events(events, user), feedback[part])
        encoded.append(_apply_feedback(bundle, moment, output, texts))
    return encoded


def _apply_feedback(
    bundle: LoadedBundle, events: UserEvents, output: UserOutput, texts: TextPreferences
) -> Encoded:
    """The retrieval vector: the tower's output, pushed away from what the user rejected, and popularity's share."""
    negative = pushing_items(events.columns, events.feedback)
    push = push_away(bundle.catalogue.vectors[:, :-1], bundle.mean_vector, negative)
    popularity = texts.popularity_share(output.tower_events)
    return Encoded(
        vector=retrieval_vector(output.base, push, popularity, output.tower_events),
        base=output.base,
        history=output.history,
        history_rows=output.rows,
        numbers=output.numbers,
        text=texts.text,
        text_logits=texts.logits,
        events=events,
    )
