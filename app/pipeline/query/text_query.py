"""Read the text preferences of a request from its query and from the interests of the profile."""

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts
from models.contract.catalogue import User
from models.contract.feature_spec import FieldKind
from models.contract.features import user_text
from models.language.negation import split_wording
from models.language.text_preference import ItemTexts, ProfileWords, TextPreferences, read_preferences

NO_TEXT_ENCODER = "encode:no_text_encoder"
UNAVAILABLE = "encode:text_encoder_unavailable"


def read_request(bundle: LoadedBundle, query: str, profile: User | None) -> TextPreferences:
    """The text preferences of a request."""
    words = ProfileWords("" if profile is None else profile.interests, user_text(bundle.spec, profile))
    items = ItemTexts(bundle.catalogue.text, lambda row: _titles(bundle, row))
    return read_preferences(query, words, bundle.encode_text, items, bundle.spec.text_size)


def list_texts(bundle: LoadedBundle, query: str, profile: User | None) -> tuple[str, ...]:
    """The texts that `read_request` encodes: query and interests, as a whole and in parts, and the profile's text."""
    asked = [query] if profile is None else [query, profile.interests]
    wordings = [split_wording(text) for text in asked]
    parts = [part for wording in wordings for part in (wording.wanted, wording.unwanted)]
    return (*asked, *parts, user_text(bundle.spec, profile))


def unread_texts(bundle: LoadedBundle, query: str, profile: User | None) -> tuple[str, ...]:
    """The `degraded` entry for texts that no language model read: the bundle has none, or its endpoint is away."""
    encoder = bundle.text_encoder
    if isinstance(encoder, FetchedTexts):
        return (UNAVAILABLE,) if encoder.lacks(list_texts(bundle, query, profile)) else ()
    words = query.strip() or (profile is not None and profile.interests.strip())
    return (NO_TEXT_ENCODER,) if words and bundle.text_encoder is None else ()


def _titles(bundle: LoadedBundle, row: int) -> list[str]:
    """The values of an item's text fields, any of which may be its title."""
    attributes = bundle.catalogue.item(row).attributes
    return [str(attributes.get(field.name, "")) for field in bundle.spec.fields(FieldKind.TEXT)]
