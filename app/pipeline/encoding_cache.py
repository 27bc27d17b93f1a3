"""Keep the encodings of users, so that a user whose history is unchanged does not pass the network again.

The key has all that an encoding depends on, not the user's id: who has no new event has the same key.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Encoded
from models.contract.catalogue import User
from models.contract.events import EventColumns
from models.language.text_preference import TextPreferences

Value = TypeVar("Value")

OVERHEAD = 2_000
"""Bytes of an encoding beside its arrays."""
EVENT_BYTES = 64
"""Bytes of an event in columns."""


def cache_key(
    bundle: LoadedBundle, profile: User | None, events: EventColumns, texts: TextPreferences, is_kept: bool
) -> Hashable | None:
    """The key of one user's encoding; None with a text, whose vectors would be most of the key.

    `is_kept`: the same object of `events` comes again with later requests.
    """
    if texts.text is not None or texts.logits is not None or texts.profile.any():
        return None
    digest = (
        derive(bundle, events, lambda: digest_events(events), OVERHEAD) if is_kept else digest_events(events)
    )
    return events.action_names, None if profile is None else repr(profile), digest


def digest_events(events: EventColumns) -> bytes:
    """A digest of all that an encoding reads of events, but the names of their actions."""
    digest = blake2b(digest_size=16)
    for column in (events.items, events.actions, events.times, events.values):
        digest.update(column.tobytes())
    for name, context in sorted(events.contexts.items()):
        digest.update(repr((name, context.names)).encode())
        digest.update(context.codes.tobytes())
    return digest.digest()


@dataclass(frozen=True, slots=True)
class Derived(Generic[Value]):
    """A value that was made of one object, which is kept with it: no other object has its identity meanwhile."""

    source: object
    value: Value


def derive(
    bundle: LoadedBundle, source: object, make: Callable[[], Value], size: int, kind: str = ""
) -> Value:
    """The value that `make` makes of an object that comes again in later requests, kept by the object's identity.

    One object has one such value of a kind. `size` is about its bytes.
    """
    key = kind, id(source)
    found = bundle.encodings.get(key)
    if isinstance(found, Derived) and found.source is source:
        kept: Value = found.value
        return kept
    made = make()
    bundle.encodings.put(key, Derived(source, made), size)
    return made


def find_encoding(bundle: LoadedBundle, key: Hashable | None) -> Encoded | None:
    """The kept encoding of a key, None if there is none."""
    found = None if key is None else bundle.encodings.get(key)
    return found if isinstance(found, Encoded) else None


def keep_encoding(bundle: LoadedBundle, key: Hashable | None, encoded: Encoded) -> None:
    """Keep an encoding, if there is a key."""
    if key is not None:
        bundle.encodings.put(key, encoded, measure_bytes(encoded))


def measure_bytes(encoded: Encoded) -> int:
    """About the bytes of an encoding."""
    links, columns = encoded.link_logits, encoded.events.columns
    arrays = (encoded.vector, encoded.user.base, encoded.user.history, encoded.history_rows, columns.items)
    size = sum(array.nbytes for array in arrays) + (0 if links is None else links.nbytes)
    return size + OVERHEAD + 3 * columns.times.nbytes
