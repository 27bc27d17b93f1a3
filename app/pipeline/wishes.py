"""What is wanted in words, and what is not: the request's query, and the interests stated in the profile."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.pipeline.negation import Wording, names_title, read_wording
from app.pipeline.search import best_places
from models.contract.catalogue import User
from models.contract.features import FieldKind, Floats, user_text

if TYPE_CHECKING:
    from app.loaded import LoadedBundle

NO_TEXT_ENCODER = "encode:no_text_encoder"
WORDS_SHARE = 0.25
"""What is left of popularity where words say what is wanted: of the items' bias, and, of a user without history, of
the user's vector, which then says little else.
"""
EARLY_EVENTS = 5
"""With so many events a user is known, and stated interests no longer stand in for them."""
QUERY_GAIN = 2.0
"""Logits that an item gains for each standard deviation by which its text is nearer to the query than most."""
INTERESTS_GAIN = 1.0
"""The same for interests stated in the profile: they always hold, so they say less about this moment."""
UNWANTED_GAIN = 3.0
"""Logits that an item loses for each standard deviation past UNWANTED_FROM by which its text is near to what is not
wanted. On MovieLens-100k, "not X" for 18 kinds of film: X is 11 % of a list without the words, 3 % with them.
"""
UNWANTED_FROM = 0.5
TITLES = 20
"""Items near to a text of which one may have it for a title."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The texts of a request as vectors, and what they do to the items."""

    asked: bool  # the request says what it wants
    stated: bool  # the profile says what the user is interested in
    interests: Floats  # [T] for the user tower; zeros for none
    text: Floats | None  # [T] what the query wants, else what the interests want
    logits: Floats | None  # [n] what all of it adds to each catalogue row's `next` logit
    unwanted: tuple[Floats, ...] = ()  # vectors [T] of what the texts turn down

    def popularity_share(self, events: int) -> float:
        """What is left of popularity for a user with so many events, in [WORDS_SHARE, 1]."""
        if self.asked:
            return WORDS_SHARE
        return WORDS_SHARE + (1 - WORDS_SHARE) * min(events / EARLY_EVENTS, 1.0) if self.stated else 1.0


@dataclass(frozen=True, slots=True)
class _Words:
    """One text's two parts as unit vectors [T]; None where there is no such part, or no language model."""

    wanted: Floats | None
    unwanted: Floats | None


def read_wishes(bundle: "LoadedBundle", query: str, profile: User | None) -> Wishes:
    """The texts of a request, each encoded once."""
    asked, said = _read(bundle, query), _read(bundle, user_text(bundle.spec, profile))
    parts = [
        *_wanted(bundle, asked.wanted, QUERY_GAIN),
        *_wanted(bundle, said.wanted, INTERESTS_GAIN),
        *_unwanted(bundle, asked.unwanted),
        *_unwanted(bundle, said.unwanted),
    ]
    return Wishes(
        asked=asked.wanted is not None,
        stated=said.wanted is not None and profile is not None and bool(profile.interests.strip()),
        interests=np.zeros(bundle.spec.text_size, dtype=np.float32) if said.wanted is None else said.wanted,
        text=said.wanted if asked.wanted is None else asked.wanted,
        logits=np.sum(parts, axis=0).astype(np.float32) if parts else None,
        unwanted=tuple(words.unwanted for words in (asked, said) if words.unwanted is not None),
    )


def unread_texts(bundle: "LoadedBundle", query: str, profile: User | None) -> tuple[str, ...]:
    """What `degraded` says of a query or stated interests that the bundle has no language model to read."""
    given = query.strip() or (profile is not None and profile.interests.strip())
    return (NO_TEXT_ENCODER,) if given and bundle.text_encoder is None else ()


def _read(bundle: "LoadedBundle", text: str) -> _Words:
    wording = read_wording(text)
    if wording.unwanted and _is_title(bundle, text):
        wording = Wording(text, "")
    return _Words(bundle.encode_text(wording.wanted), bundle.encode_text(wording.unwanted))


def _is_title(bundle: "LoadedBundle", text: str) -> bool:
    """Whether an item near to the text is called so: a title may well begin with a "no"."""
    vector = bundle.encode_text(text)
    if vector is None:
        return False
    fields = [field.name for field in bundle.spec.item_fields if field.kind is FieldKind.TEXT]
    near = [bundle.catalogue.item(int(row)) for row in best_places(bundle.catalogue.text @ vector, TITLES)]
    return names_title(text, [str(item.attributes.get(name, "")) for item in near for name in fields])


def _wanted(bundle: "LoadedBundle", vector: Floats | None, gain: float) -> list[Floats]:
    """[n] what a wish adds; nothing where there is none."""
    return [] if vector is None else [gain * _standard(bundle.catalogue.text @ vector)]


def _unwanted(bundle: "LoadedBundle", vector: Floats | None) -> list[Floats]:
    """[n] what a refusal takes from the items near to it; those far from it gain nothing by that."""
    if vector is None:
        return []
    past = _standard(bundle.catalogue.text @ vector) - np.float32(UNWANTED_FROM)
    return [-np.float32(UNWANTED_GAIN) * np.maximum(past, 0)]


def _standard(cosine: Floats) -> Floats:
    """Cosines [n] in standard deviations from their mean: how near counts as near differs from text to text."""
    return np.asarray((cosine - cosine.mean()) / max(float(cosine.std()), 1e-6), dtype=np.float32)
