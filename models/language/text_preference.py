"""What a user wants and rejects in words -> logits for every item. Shared by the service and the offline evaluation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from models.language.negation import Wording, names_title, split_wording
from models.language.protocol import Floats

WORDS_SHARE = 0.25
"""The popularity share that is left where words say what is wanted: of the items' bias and, for a user without
history, of the user vector, which then says little but what is popular.
"""
EARLY_EVENTS = 5
"""With this many events a user is known, and stated interests no longer stand in for them."""
QUERY_GAIN = 2.0
"""Logits that an item gains for each standard deviation by which its text is nearer to the query than the mean."""
INTERESTS_GAIN = 1.0
"""The same for interests stated in the profile: they always hold, so they say less about this moment."""
UNWANTED_GAIN = 3.0
"""Logits that an item loses for each standard deviation past UNWANTED_FROM by which its text is near to a rejected
text. On MovieLens-100k, "not X" for 18 kinds of film: X is 11 % of a list without the words, 3 % with them.
"""
UNWANTED_FROM = 0.5
TITLES = 20
"""The items nearest to a text, whose titles are compared with it."""

Encode = Callable[[str], Floats | None]
"""Text -> unit vector [T]; None for a blank text, or without a language model."""


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """The item table as texts: vectors, and each item's text fields (its title among them) by row."""

    vectors: Floats  # [n, T] of length 1; zeros where the item has no text
    titles: Callable[[int], list[str]]


class ProfileWords(NamedTuple):
    """A profile's texts; "" for none."""

    interests: str  # the interests that the user stated
    text: str  # all that the profile says, as training read it (models.contract.features.user_text)


@dataclass(frozen=True, slots=True)
class TextPreference:
    """A wanted or rejected text, and how near each item is to it."""

    words: str
    vector: Floats  # [T] of length 1
    standard: Floats  # [n] each item's cosine with it, in standard deviations from the mean

    @classmethod
    def of(cls, words: str, vector: Floats, items: Floats) -> Self:
        """A preference over the items' unit text vectors [n, T].

        Standardised, since what counts as near differs from text to text. Items without a text, whose cosine is 0,
        are left out of the mean and the deviation.
        """
        cosine = items @ vector
        measured = cosine[cosine != 0]
        mean, deviation = (float(measured.mean()), float(measured.std())) if len(measured) else (0.0, 0.0)
        return cls(words, vector, np.asarray((cosine - mean) / max(deviation, 1e-6), dtype=np.float32))


@dataclass(frozen=True, slots=True)
class TextPreferences:
    """All texts of one request, and their effect on the items."""

    query: TextPreference | None  # wanted by the request
    interests: TextPreference | None  # wanted by the profile's stated interests
    unwanted: tuple[TextPreference, ...]  # rejected by either
    logits: Floats | None  # [n] what all of them add to each item's `next` logit; None for nothing
    profile: Floats  # [T] the whole profile text, for the user tower; zeros for nothing

    @property
    def text(self) -> Floats | None:
        """[T] the vector of the query, else of the interests."""
        preference = self.interests if self.query is None else self.query
        return None if preference is None else preference.vector

    def popularity_share(self, events: int) -> float:
        """Popularity's multiplier in [WORDS_SHARE, 1] for a user of whom the tower read this many events."""
        if self.query is not None:
            return WORDS_SHARE
        history = min(events / EARLY_EVENTS, 1.0)
        return 1.0 if self.interests is None else WORDS_SHARE + (1 - WORDS_SHARE) * history


def read_preferences(
    query: str, profile: ProfileWords, encode: Encode, items: ItemTexts, text_size: int
) -> TextPreferences:
    """The preferences of a request's query and a user's profile; each text is encoded once.

    `text_size` is T. Negations are taken out of the query and the interests only: the profile text goes to the user
    tower whole, as in training.
    """
    wanted, rejected = read_text(query, encode, items)
    interests, declined = read_text(profile.interests, encode, items)
    if interests is not None and interests.words == profile.text:
        vector: Floats | None = interests.vector
    else:
        vector = encode(profile.text)
    unwanted = tuple(part for part in (rejected, declined) if part is not None)
    return TextPreferences(
        query=wanted,
        interests=interests,
        unwanted=unwanted,
        logits=preference_logits(wanted, interests, unwanted),
        profile=np.zeros(text_size, dtype=np.float32) if vector is None else vector,
    )


def read_text(
    text: str, encode: Encode, items: ItemTexts
) -> tuple[TextPreference | None, TextPreference | None]:
    """(wanted, unwanted) of a text; None where a part is empty, or without a language model.

    A text that is an item's title is wanted as it stands, a "no" in it included.
    """
    wording = split_wording(text)
    if wording.unwanted and _is_title(text, encode, items):
        wording = Wording(text, "")
    return _preference(wording.wanted, encode, items), _preference(wording.unwanted, encode, items)


def preference_logits(
    query: TextPreference | None, interests: TextPreference | None, unwanted: tuple[TextPreference, ...]
) -> Floats | None:
    """What texts add to each item's `next` logit [n]; None without any.

    A rejected text takes from the items near to it; the items far from it gain nothing.
    """
    wanted = ((query, QUERY_GAIN), (interests, INTERESTS_GAIN))
    parts = [gain * preference.standard for preference, gain in wanted if preference is not None]
    parts += [-UNWANTED_GAIN * np.maximum(preference.standard - UNWANTED_FROM, 0) for preference in unwanted]
    return np.sum(parts, axis=0).astype(np.float32) if parts else None


def _preference(words: str, encode: Encode, items: ItemTexts) -> TextPreference | None:
    vector = encode(words)
    return None if vector is None else TextPreference.of(words, vector, items.vectors)


def _is_title(text: str, encode: Encode, items: ItemTexts) -> bool:
    """True if one of the TITLES items nearest to the text has it for a title."""
    vector = encode(text)
    if vector is None:
        return False
    cosine = items.vectors @ vector
    count = min(TITLES, len(cosine))
    nearest = np.argpartition(-cosine, count - 1)[:count] if count else np.zeros(0, dtype=np.int64)
    return names_title(text, [title for row in nearest.tolist() for title in items.titles(row)])
