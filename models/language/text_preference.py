"""Text preferences: logits of all items from a query and stated interests, wanted and rejected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np

from models.language.negation import Wording, matches_title, split_wording
from models.language.protocol import Floats
from models.language.row_values import Rows, RowValues, add_values

WORDS_SHARE = 0.25
"""Popularity multiplier if the request has a text query.

It multiplies the items' biases and, for a user without history, the user vector, which then mainly expresses
popularity.
"""
EARLY_EVENTS = 5
"""From this many events on, stated interests no longer reduce the popularity multiplier."""
QUERY_GAIN = 2.0
"""Logits that an item gains per standard deviation of its text's cosine with the query above the mean."""
INTERESTS_GAIN = 1.0
"""The same for interests in the profile, which are less specific to the request."""
LIKE_GAIN = 2.0
"""Logits that an item gains per standard deviation of its vector's cosine with the items that the request names."""
UNWANTED_GAIN = 3.0
"""Logits that an item loses per standard deviation above UNWANTED_FROM of its text's cosine with a rejected text.

On MovieLens-100k with "not X" for 18 genres, X makes up 3 % of a list, against 11 % without the query.
"""
UNWANTED_FROM = 0.5
"""In standard deviations of the cosine above the mean."""
TITLE_CANDIDATES = 20
"""The number of nearest items whose titles are compared with a text."""
LEAST_DEVIATION = 1e-6
"""Of cosines: a smaller one counts as this."""

Encode = Callable[[str], Floats | None]
"""Text -> unit vector [T]; None for a blank text, or without a text encoder."""


class CatalogueTexts(Protocol):
    """The texts of n items. Those of a large catalogue are read for the rows that matter alone."""

    def standardise(self, vector: Floats) -> RowValues:
        """Each item's cosine with a text's unit vector [T], standardised (see standardise_cosines)."""

    def find_nearest(self, vector: Floats, count: int) -> list[int]:
        """The rows of the `count` items, or of all n, with the greatest cosines, in any order."""

    def read_titles(self, row: int) -> list[str]:
        """The text fields of an item, its title included."""


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """The texts of n items as one table: their vectors, and each item's text fields by row."""

    vectors: Floats  # [n, T] of length 1; zeros if the item has no text
    titles: Callable[[int], list[str]]

    def standardise(self, vector: Floats) -> Floats:
        """See CatalogueTexts.standardise; [n]."""
        return standardise_cosines(self.vectors @ vector)

    def find_nearest(self, vector: Floats, count: int) -> list[int]:
        """See CatalogueTexts.find_nearest."""
        cosine = self.vectors @ vector
        count = min(count, len(cosine))
        return np.argpartition(-cosine, count - 1)[:count].tolist() if count else []

    def read_titles(self, row: int) -> list[str]:
        """See CatalogueTexts.read_titles."""
        return self.titles(row)


class ProfileWords(NamedTuple):
    """The texts of a profile; "" for none."""

    interests: str  # the stated interests
    text: str  # the whole profile text (models.contract.features.user_text)


@dataclass(frozen=True, slots=True)
class TextPreference:
    """A wanted or rejected text, with the standardised cosine of each item."""

    words: str
    vector: Floats  # [T] of length 1
    standard: RowValues  # each item's cosine with the text, in standard deviations from the mean

    @classmethod
    def of(cls, words: str, vector: Floats, items: Floats) -> Self:
        """The preference for a text with unit vector [T] over the items' unit text vectors [n, T]."""
        return cls(words, vector, standardise_cosines(items @ vector))


def standardise_cosines(cosine: Floats) -> Floats:
    """Cosines [n] with a text in standard deviations from their mean, as level and spread differ between texts.

    Items without a text, whose cosine is 0, are left out of the mean and the deviation.
    """
    with_text = cosine[cosine != 0]
    mean, deviation = (float(with_text.mean()), float(with_text.std())) if len(with_text) else (0.0, 0.0)
    return np.asarray((cosine - mean) / max(deviation, LEAST_DEVIATION), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class TextPreferences:
    """All text preferences of one request, and their effect on the items' logits."""

    query: TextPreference | None  # wanted by the request
    interests: TextPreference | None  # wanted by the stated interests
    unwanted: tuple[TextPreference, ...]  # rejected by either
    logits: RowValues | None  # added to each item's `next` logit; None without texts
    profile: Floats  # [T] vector of the whole profile text, for the user tower; zeros without text
    names_items: bool = False  # the request names items to be similar to

    @property
    def text(self) -> Floats | None:
        """[T] the vector of the query, else of the interests."""
        preference = self.interests if self.query is None else self.query
        return None if preference is None else preference.vector

    def popularity_share(self, events: int) -> float:
        """Popularity multiplier in [WORDS_SHARE, 1], given the number of events that the user tower read."""
        if self.query is not None or self.names_items:
            return WORDS_SHARE
        history = min(events / EARLY_EVENTS, 1.0)
        return 1.0 if self.interests is None else WORDS_SHARE + (1 - WORDS_SHARE) * history


def read_preferences(
    query: str, profile: ProfileWords, encode: Encode, items: CatalogueTexts, text_size: int
) -> TextPreferences:
    """Read the preferences in a request's query and a user's profile; each text is encoded once.

    `text_size` is T. Query and interests are split by negation. The profile text goes to the user tower unsplit, as in
    training.
    """
    wording = read_wording(query, encode, items)
    return weigh_texts(wording.wanted, (wording.unwanted,), profile, encode, items, text_size)


def weigh_texts(
    wanted: str,
    unwanted: Sequence[str],
    profile: ProfileWords,
    encode: Encode,
    items: CatalogueTexts,
    text_size: int,
) -> TextPreferences:
    """The preferences for texts that are split already, and those in a user's profile; see read_preferences."""
    if not (wanted or profile.interests or profile.text or any(unwanted)):
        return TextPreferences(None, None, (), None, np.zeros(text_size, dtype=np.float32))
    query = _build_preference(wanted, encode, items)
    interests, interests_unwanted = read_text(profile.interests, encode, items)
    if interests is not None and interests.words == profile.text:
        vector: Floats | None = interests.vector
    else:
        vector = encode(profile.text)
    parts = (*(_build_preference(text, encode, items) for text in unwanted), interests_unwanted)
    rejected = tuple(part for part in parts if part is not None)
    return TextPreferences(
        query=query,
        interests=interests,
        unwanted=rejected,
        logits=preference_logits(query, interests, rejected),
        profile=np.zeros(text_size, dtype=np.float32) if vector is None else vector,
    )


def read_text(
    text: str, encode: Encode, items: CatalogueTexts
) -> tuple[TextPreference | None, TextPreference | None]:
    """The (wanted, unwanted) preferences of a text; None for an empty part, or without a text encoder."""
    wording = read_wording(text, encode, items)
    wanted = _build_preference(wording.wanted, encode, items)
    return wanted, _build_preference(wording.unwanted, encode, items)


def read_wording(text: str, encode: Encode, items: CatalogueTexts) -> Wording:
    """The wanted and the unwanted part of a text.

    A text that matches an item's title is wanted as a whole, even with a "no" in it.
    """
    wording = split_wording(text)
    if wording.unwanted and _is_title(text, encode, items):
        return Wording(text, "")
    return wording


def preference_logits(
    query: TextPreference | None, interests: TextPreference | None, unwanted: tuple[TextPreference, ...]
) -> RowValues | None:
    """The logits that the texts add to each item's `next` logit; None without texts.

    A rejected text lowers the items near it; items far from it do not gain.
    """
    pairs = ((query, QUERY_GAIN), (interests, INTERESTS_GAIN))
    wanted = tuple((preference.standard, gain) for preference, gain in pairs if preference is not None)
    logits = TextLogits(wanted, tuple(preference.standard for preference in unwanted))
    standards = [*(standard for standard, _ in wanted), *logits.unwanted]
    if all(isinstance(standard, np.ndarray) for standard in standards):
        return logits[:] if standards else None
    return logits


@dataclass(frozen=True, slots=True)
class TextLogits:
    """The logits of wanted texts, each with its gain, and of rejected ones, by their standardised cosines."""

    wanted: tuple[tuple[RowValues, float], ...]
    unwanted: tuple[RowValues, ...]

    def __getitem__(self, rows: Rows, /) -> Floats:
        parts = [gain * standard[rows] for standard, gain in self.wanted]
        parts += [
            -UNWANTED_GAIN * np.maximum(standard[rows] - UNWANTED_FROM, 0) for standard in self.unwanted
        ]
        return np.asarray(np.sum(parts, axis=0), dtype=np.float32)


def add_named_items(texts: TextPreferences, like: Floats | None, unlike: Floats | None) -> TextPreferences:
    """The preferences with those for named items.

    `like` and `unlike` [n] are the cosines of the items' vectors with the mean of the named items; None for no item.
    They are standardised, and weigh as a wanted and a rejected text do.
    """
    parts = []
    if like is not None:
        parts.append(LIKE_GAIN * _standardise(like))
    if unlike is not None:
        parts.append(-UNWANTED_GAIN * np.maximum(_standardise(unlike) - UNWANTED_FROM, 0))
    if isinstance(texts.logits, np.ndarray):
        parts.insert(0, texts.logits)
    named = np.sum(parts, axis=0).astype(np.float32) if parts else None
    logits = named if isinstance(texts.logits, np.ndarray) else add_values(texts.logits, named)
    return replace(texts, logits=logits, names_items=like is not None)


def _standardise(cosine: Floats) -> Floats:
    """Cosines [n] in standard deviations from their mean."""
    return np.asarray((cosine - cosine.mean()) / max(float(cosine.std()), LEAST_DEVIATION), dtype=np.float32)


def _build_preference(words: str, encode: Encode, items: CatalogueTexts) -> TextPreference | None:
    vector = encode(words)
    return None if vector is None else TextPreference(words, vector, items.standardise(vector))


def _is_title(text: str, encode: Encode, items: CatalogueTexts) -> bool:
    """True if the text matches the title of one of the TITLE_CANDIDATES nearest items."""
    vector = encode(text)
    if vector is None:
        return False
    nearest = items.find_nearest(vector, TITLE_CANDIDATES)
    return matches_title(text, [title for row in nearest for title in items.read_titles(row)])
