"""Read the text preferences of a request from its query and from the interests of the profile."""

from collections.abc import Sequence
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts
from models.contract.catalogue import User
from models.contract.events import Event
from models.contract.feature_spec import FieldKind
from models.contract.features import newest_texts, user_text
from models.contract.written_texts import add_newest
from models.language.negation import split_wording
from models.language.text_preference import ItemTexts, ProfileWords, TextPreferences, read_preferences

NO_TEXT_ENCODER = "encode:no_text_encoder"
UNAVAILABLE = "encode:text_encoder_unavailable"


def read_request(
    bundle: LoadedBundle, query: str, profile: User | None, events: Sequence[Event] = ()
) -> TextPreferences:
    """The text preferences of a request of a user with these events, oldest first."""
    words = ProfileWords("" if profile is None else profile.interests, user_text(bundle.spec, profile))
    items = ItemTexts(bundle.catalogue.text, lambda row: _titles(bundle, row))
    found = read_preferences(query, words, bundle.encode_text, items, bundle.spec.text_size)
    if not bundle.spec.interaction_text:
        return found
    return replace(found, profile=add_newest(bundle.spec, found.profile, events, bundle.encode_text))


def list_words(bundle: LoadedBundle, profile: User | None, events: Sequence[Event]) -> tuple[str, ...]:
    """What the user has stated and written: users with the same words have the same text preferences."""
    interests = "" if profile is None else profile.interests
    return (interests, user_text(bundle.spec, profile), *newest_texts(bundle.spec, events))


def list_texts(
    bundle: LoadedBundle, query: str, profile: User | None, events: Sequence[Event] = ()
) -> tuple[str, ...]:
    """The texts that `read_request` encodes: query and interests, whole and in parts, the profile's, and the newest."""
    asked = [query] if profile is None else [query, profile.interests]
    wordings = [split_wording(text) for text in asked]
    parts = [part for wording in wordings for part in (wording.wanted, wording.unwanted)]
    return (*asked, *parts, user_text(bundle.spec, profile), *newest_texts(bundle.spec, events))


def unread_texts(
    bundle: LoadedBundle, query: str, profile: User | None, events: Sequence[Event] = ()
) -> tuple[str, ...]:
    """The `degraded` entry for texts that no language model read: the bundle has none, or its endpoint is away."""
    encoder = bundle.text_encoder
    if isinstance(encoder, FetchedTexts):
        return (UNAVAILABLE,) if encoder.lacks(list_texts(bundle, query, profile, events)) else ()
    words = query.strip() or (profile is not None and profile.interests.strip())
    return (NO_TEXT_ENCODER,) if words and bundle.text_encoder is None else ()


def _titles(bundle: LoadedBundle, row: int) -> list[str]:
    """The values of an item's text fields, any of which may be its title."""
    attributes = bundle.catalogue.item(row).attributes
    return [str(attributes.get(field.name, "")) for field in bundle.spec.fields(FieldKind.TEXT)]
