"""What is wanted in words, and what is not: the request's query, and the interests stated in the profile."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from app.bundle.vector_index import best_places
from models.contract.arrays import Floats
from models.contract.catalogue import User
from models.contract.feature_spec import FieldKind
from models.contract.features import user_text
from models.language.negation import Wording, names_title, read_wording

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

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
class Wish:
    """A text that says what is wanted, or what is not, and how near the items are to it."""

    words: str
    vector: Floats  # [T] of length 1
    standard: Floats  # [n] each row's cosine with it, in standard deviations from the mean

    @classmethod
    def of(cls, words: str, vector: Floats, text: Floats) -> Self:
        """A wish with the catalogue's unit text vectors [n, T]: how near counts as near differs from text to text.

        An item without a text, whose cosine is 0, is no measure.
        """
        cosine = text @ vector
        told = cosine[cosine != 0]
        mean, deviation = (float(told.mean()), float(told.std())) if len(told) else (0.0, 0.0)
        return cls(words, vector, np.asarray((cosine - mean) / max(deviation, 1e-6), dtype=np.float32))


@dataclass(frozen=True, slots=True)
class Wishes:
    """The texts of a request, and what they do to the items."""

    query: Wish | None  # what the request wants
    interests: Wish | None  # what the profile's stated interests want
    unwanted: tuple[Wish, ...]  # what either turns down
    logits: Floats | None  # [n] what all of it adds to each catalogue row's `next` logit
    profile: Floats  # [T] all that the profile says, for the user tower; zeros for nothing

    @property
    def text(self) -> Floats | None:
        """[T] What the query wants, else what the interests want."""
        wish = self.interests if self.query is None else self.query
        return None if wish is None else wish.vector

    def popularity_share(self, events: int) -> float:
        """What is left of popularity for a user with so many events, in [WORDS_SHARE, 1]."""
        if self.query is not None:
            return WORDS_SHARE
        known = min(events / EARLY_EVENTS, 1.0)
        return 1.0 if self.interests is None else WORDS_SHARE + (1 - WORDS_SHARE) * known


def read_wishes(bundle: "LoadedBundle", query: str, profile: User | None) -> Wishes:
    """The texts of a request, read once."""
    asked, refused = _read(bundle, query)
    stated, declined = _read(bundle, "" if profile is None else profile.interests)
    said = user_text(bundle.spec, profile)
    if stated is not None and stated.words == said:
        vector: Floats | None = stated.vector
    else:
        vector = bundle.encode_text(said)
    unwanted = tuple(wish for wish in (refused, declined) if wish is not None)
    return Wishes(
        query=asked,
        interests=stated,
        unwanted=unwanted,
        logits=_logits(asked, stated, unwanted),
        profile=np.zeros(bundle.spec.text_size, dtype=np.float32) if vector is None else vector,
    )


def unread_texts(bundle: "LoadedBundle", query: str, profile: User | None) -> tuple[str, ...]:
    """What `degraded` says of a query or stated interests that the bundle has no language model to read."""
    given = query.strip() or (profile is not None and profile.interests.strip())
    return (NO_TEXT_ENCODER,) if given and bundle.text_encoder is None else ()


def _read(bundle: "LoadedBundle", text: str) -> tuple[Wish | None, Wish | None]:
    """What a text wants, and what it does not; None where there is no such part, or no language model."""
    wording = read_wording(text)
    if wording.unwanted and _is_title(bundle, text):
        wording = Wording(text, "")
    return _wish(bundle, wording.wanted), _wish(bundle, wording.unwanted)


def _wish(bundle: "LoadedBundle", words: str) -> Wish | None:
    vector = bundle.encode_text(words)
    return None if vector is None else Wish.of(words, vector, bundle.catalogue.text)


def _is_title(bundle: "LoadedBundle", text: str) -> bool:
    """Whether an item near to the text is called so: a title may well begin with a "no"."""
    vector = bundle.encode_text(text)
    if vector is None:
        return False
    fields = [field.name for field in bundle.spec.item_fields if field.kind is FieldKind.TEXT]
    near = [bundle.catalogue.item(int(row)) for row in best_places(bundle.catalogue.text @ vector, TITLES)]
    return names_title(text, [str(item.attributes.get(name, "")) for item in near for name in fields])


def _logits(query: Wish | None, interests: Wish | None, unwanted: tuple[Wish, ...]) -> Floats | None:
    """[n]. What is not wanted takes from the items near to it; those far from it gain nothing by that."""
    wanted = ((query, QUERY_GAIN), (interests, INTERESTS_GAIN))
    parts = [gain * wish.standard for wish, gain in wanted if wish is not None]
    parts += [-UNWANTED_GAIN * np.maximum(wish.standard - UNWANTED_FROM, 0) for wish in unwanted]
    return np.sum(parts, axis=0).astype(np.float32) if parts else None
