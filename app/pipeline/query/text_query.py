"""Read the text preferences of a request from its plan or its query, and from the interests of the profile."""

from collections.abc import Sequence
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue_texts import IndexedTexts
from app.bundle.remote_texts import FetchedTexts
from models.contract.arrays import Indices
from models.contract.catalogue import User
from models.contract.events import Event
from models.contract.feature_spec import FieldKind
from models.contract.features import newest_texts, user_text
from models.contract.written_texts import add_newest
from models.language.negation import split_wording
from models.language.plan import Plan
from models.language.row_values import add_values
from models.language.text_preference import (
    CatalogueTexts,
    ItemTexts,
    ProfileWords,
    TextPreferences,
    add_named_items,
    read_preferences,
    weigh_texts,
)
from models.ranking.contrast import measure_contrast

NO_TEXT_ENCODER = "encode:no_text_encoder"
UNAVAILABLE = "encode:text_encoder_unavailable"


def read_request(
    bundle: LoadedBundle, query: str, profile: User | None, events: Sequence[Event] = ()
) -> TextPreferences:
    """The text preferences of a query that is not planned, such as that of a golden request, and of a user.

    `events` are those of the user, oldest first.
    """
    words, items = _profile_words(bundle, profile), read_item_texts(bundle)
    found = read_preferences(query, words, bundle.encode_text, items, bundle.spec.text_size)
    return _add_written(bundle, found, events)


def _add_written(bundle: LoadedBundle, texts: TextPreferences, events: Sequence[Event]) -> TextPreferences:
    """The preferences with what the user has written with events, in a bundle that has learned from it."""
    if not bundle.spec.interaction_text:
        return texts
    return replace(texts, profile=add_newest(bundle.spec, texts.profile, events, bundle.encode_text))


def list_words(bundle: LoadedBundle, profile: User | None, events: Sequence[Event]) -> tuple[str, ...]:
    """The words that the user has stated and written: users with the same words have the same text preferences."""
    interests = "" if profile is None else profile.interests
    return (interests, user_text(bundle.spec, profile), *newest_texts(bundle.spec, events))


def list_texts(
    bundle: LoadedBundle, plan: Plan, profile: User | None, events: Sequence[Event] = ()
) -> tuple[str, ...]:
    """The texts that `read_plan` encodes: of the plan, the interests, whole and in parts, the profile's, the newest."""
    interests = "" if profile is None else profile.interests
    wording = split_wording(interests)
    planned = (plan.direction, *plan.avoid)
    stated = (interests, wording.wanted, wording.unwanted, user_text(bundle.spec, profile))
    return (*planned, *stated, *newest_texts(bundle.spec, events))


def read_plan(
    bundle: LoadedBundle, plan: Plan, profile: User | None, events: Sequence[Event] = ()
) -> TextPreferences:
    """The text preferences of a plan and of a user with these events, oldest first."""
    words, items = _profile_words(bundle, profile), read_item_texts(bundle)
    texts = weigh_texts(plan.direction, plan.avoid, words, bundle.encode_text, items, bundle.spec.text_size)
    texts = _add_written(bundle, texts, events)
    if not plan.like and not plan.unlike:
        return texts
    liked, unliked = (_known_rows(bundle, item_ids) for item_ids in (plan.like, plan.unlike))
    sides = (bundle.measure_similarity(rows) if len(rows) else None for rows in (liked, unliked))
    named = add_named_items(texts, *sides)
    if named.logits is None or not (len(liked) or len(unliked)):
        return named
    contrast = measure_contrast(bundle.labels.of(bundle.catalogue), liked, unliked)
    return replace(named, logits=add_values(named.logits, contrast))


def _known_rows(bundle: LoadedBundle, item_ids: Sequence[str]) -> Indices:
    """The rows of the named items that the catalogue knows."""
    rows = bundle.rows(item_ids)
    return rows[rows >= 0]


def read_item_texts(bundle: LoadedBundle) -> CatalogueTexts:
    """The texts of the catalogue's items."""
    catalogue, index = bundle.catalogue, bundle.catalogue.text_index
    if index is None:
        return ItemTexts(catalogue.text, lambda row: _titles(bundle, row))
    return IndexedTexts(catalogue, index, lambda row: _titles(bundle, row))


def unread_texts(
    bundle: LoadedBundle, plan: Plan, profile: User | None, events: Sequence[Event] = ()
) -> tuple[str, ...]:
    """The `degraded` entry for texts that no language model read: the bundle has none, or its endpoint is away."""
    encoder = bundle.text_encoder
    if isinstance(encoder, FetchedTexts):
        return (UNAVAILABLE,) if encoder.lacks(list_texts(bundle, plan, profile, events)) else ()
    words = plan.direction or plan.avoid or (profile is not None and profile.interests.strip())
    return (NO_TEXT_ENCODER,) if words and bundle.text_encoder is None else ()


def _profile_words(bundle: LoadedBundle, profile: User | None) -> ProfileWords:
    return ProfileWords("" if profile is None else profile.interests, user_text(bundle.spec, profile))


def _titles(bundle: LoadedBundle, row: int) -> list[str]:
    """The values of an item's text fields, any of which may be its title."""
    attributes = bundle.catalogue.item(row).attributes
    return [str(attributes.get(field.name, "")) for field in bundle.spec.fields(FieldKind.TEXT)]
