"""Feature encoding of items, profiles and contexts: one definition for training and serving.

The input is `Item`, `User` and contexts, whatever their source. Means, deviations and vocabularies are fitted on the
training split and stored in the bundle, so that training and serving cannot differ. Events: event_features.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices, Indices32
from models.contract.calendar import DAYPARTS, WEEKDAYS, daypart, dayparts, weekday, weekdays
from models.contract.catalogue import Attribute, Item, User
from models.contract.events import Codes, Event
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.hierarchy import deepest_levels
from models.contract.text_template import fill_template, list_placeholders
from models.contract.unix_time import NO_TIME
from models.contract.vocabulary import PAD, Vocabulary

CLIP = 5.0
"""Standardised values are clipped to [-CLIP, CLIP]."""
INTERESTS = "interests"
"""The placeholder of the stated interests in a user's template."""
NEWEST_TEXTS = 5
"""The texts of a user's events that are part of the user's text: older ones say less of what is wanted now."""


@dataclass(frozen=True, slots=True)
class ItemArrays:
    """The item tower's input for n items. Tokens are padded with PAD."""

    ids: Indices  # [n] indices of spec.item_ids; OOV for an item outside the training data
    tokens: Indices  # [n, M]
    numeric: Floats  # [n, 2 * numeric fields] standardised value, has a value
    content: Floats  # [n, text_size + the vector fields' sizes]


@dataclass(frozen=True, slots=True)
class ProfileArrays:
    """The user tower's input for one profile."""

    tokens: Indices  # [P]
    numeric: Floats  # [2 * numeric fields]


def encode_items(spec: FeatureSpec, items: Sequence[Item], text: Floats | None = None) -> ItemArrays:
    """Encode n items. `text` [n, text_size] holds their text vectors; None means all zero.

    Raises ValueError for text vectors of another shape or an item vector of another length.
    """
    rows = [_tokens(spec.item_fields, spec.item_tokens, item.attributes) for item in items]
    width = max((len(row) for row in rows), default=0)
    tokens = np.full((len(items), max(width, 1)), PAD, dtype=np.int64)
    for number, row in enumerate(rows):
        tokens[number, : len(row)] = row
    numeric = [_numeric(spec.item_fields, item.attributes) for item in items]
    if text is None:
        text = np.zeros((len(items), spec.text_size), dtype=np.float32)
    if text.shape != (len(items), spec.text_size):
        raise ValueError(f"expected text vectors {(len(items), spec.text_size)}, given {text.shape}")
    blocks = [text.astype(np.float32)] + [
        np.stack([_vector(field, item) for item in items]) if items else np.zeros((0, field.size), np.float32)
        for field in spec.fields(FieldKind.VECTOR)
    ]
    return ItemArrays(
        ids=spec.item_ids.encode(item.item_id for item in items),
        tokens=tokens,
        numeric=_stack(numeric, spec.item_fields),
        content=np.concatenate(blocks, axis=1),
    )


def encode_profile(spec: FeatureSpec, profile: User | None) -> ProfileArrays:
    """Encode a profile; None gives padding and zeros."""
    attributes: Mapping[str, Attribute] = {} if profile is None else profile.attributes
    tokens = _tokens(spec.user_fields, spec.user_tokens, attributes)
    return ProfileArrays(
        tokens=np.array(tokens or [PAD], dtype=np.int64),
        numeric=_numeric(spec.user_fields, attributes),
    )


def context_tokens(spec: FeatureSpec, context: Mapping[str, str], timestamp: float | None) -> tuple[str, ...]:
    """The context tokens of a moment: daypart and weekday if times are known, then the job's context columns."""
    tokens: list[str] = []
    if spec.timed and timestamp is not None and timestamp != NO_TIME:
        tokens += [f"daypart={daypart(timestamp)}", f"weekday={weekday(timestamp)}"]
    return (*tokens, *(f"{name}={context[name]}" for name in spec.context_fields if name in context))


def encode_context(spec: FeatureSpec, context: Mapping[str, str], timestamp: float | None) -> Indices:
    """Indices [C] of a moment's context tokens, padded to C = 2 + the number of context columns."""
    tokens = context_tokens(spec, context, timestamp)
    encoded = np.full(2 + len(spec.context_fields), PAD, dtype=np.int64)
    encoded[: len(tokens)] = spec.context_tokens.encode(tokens)
    return encoded


def encode_contexts(
    spec: FeatureSpec, contexts: Mapping[str, Codes], times: Doubles | None, count: int
) -> Indices32:
    """Indices [n, C] of the context tokens of n moments (see `context_tokens`), left-aligned, then PAD.

    With `times` None, the tokens come from the context columns alone.
    """
    columns = {name: contexts[name] for name in spec.context_fields if name in contexts}
    if spec.timed and times is not None:
        moment = {"daypart": Codes(DAYPARTS, dayparts(times)), "weekday": Codes(WEEKDAYS, weekdays(times))}
        columns = moment | columns
    encoded = np.full((count, 2 + len(spec.context_fields)), PAD, dtype=np.int32)
    filled = np.zeros(count, dtype=np.int32)
    for name, (labels, codes) in columns.items():
        tokens = spec.context_tokens.encode(f"{name}={label}" for label in labels).astype(np.int32)
        rows = np.flatnonzero(codes >= 0)
        encoded[rows, filled[rows]] = tokens[codes[rows]]
        filled[rows] += 1
    return encoded


def item_text(spec: FeatureSpec, item: Item) -> str:
    """The text of an item for the text encoder: by the job's template, or its text fields, then its categories."""
    if spec.item_template:
        return fill_template(spec.item_template, _texts(spec.item_fields, item.attributes))
    fields = (*spec.fields(FieldKind.TEXT), *spec.fields(FieldKind.CATEGORIES))
    parts = [_text(field, item.attributes.get(field.name, "")) for field in fields]
    return ". ".join(part for part in parts if part)


def user_text(spec: FeatureSpec, profile: User | None) -> str:
    """The text of a user for the text encoder: the stated interests, then the profile by the job's template.

    Without a template the profile's text fields follow. A template that names {interests} says where they stand.
    """
    if profile is None:
        return ""
    if spec.user_template:
        values = _texts(spec.user_fields, profile.attributes) | {INTERESTS: profile.interests}
        filled = fill_template(spec.user_template, values)
        is_named = INTERESTS in list_placeholders(spec.user_template)
        parts = [filled] if is_named else [profile.interests, filled]
    else:
        texts = [field.name for field in spec.user_fields if field.kind is FieldKind.TEXT]
        parts = [profile.interests, *(str(profile.attributes.get(name, "")) for name in texts)]
    return ". ".join(part for part in parts if part)


def newest_texts(spec: FeatureSpec, events: Sequence[Event]) -> tuple[str, ...]:
    """The last NEWEST_TEXTS texts of a user's events, which are oldest first; the newest first.

    None in a bundle that has learned from no such texts.
    """
    if not spec.interaction_text:
        return ()
    texts = (event.text for event in reversed(events) if event.text.strip())
    return tuple(islice(texts, NEWEST_TEXTS))


def _texts(fields: Sequence[FieldSpec], attributes: Mapping[str, Attribute]) -> dict[str, str]:
    """Field -> its value as text, of the fields that have one."""
    return {field.name: _text(field, attributes[field.name]) for field in fields if field.name in attributes}


def _text(field: FieldSpec, value: Attribute) -> str:
    """A value as text: labels with commas, paths by their deepest level, whole numbers without a point."""
    if field.hierarchy and isinstance(value, tuple):  # each name once
        value = deepest_levels(value, field.hierarchy)
    if isinstance(value, float):
        return f"{value:.10g}"
    return value if isinstance(value, str) else ", ".join(value)


def _tokens(
    fields: Sequence[FieldSpec], vocabulary: Vocabulary, attributes: Mapping[str, Attribute]
) -> list[int]:
    """Vocabulary indices of all categories in the fields, in order."""
    tokens: list[int] = []
    for field in fields:
        if field.kind in (FieldKind.CATEGORICAL, FieldKind.CATEGORIES) and field.name in attributes:
            labels = _as_tuple(attributes[field.name])
            tokens += [vocabulary.index(f"{field.name}={label}") for label in labels]
    return tokens


def _as_tuple(value: Attribute) -> tuple[str | float, ...]:
    return value if isinstance(value, tuple) else (value,)


def _numeric(fields: Sequence[FieldSpec], attributes: Mapping[str, Attribute]) -> Floats:
    """[2 * numeric fields] standardised value and has-a-value flag of each numeric field."""
    numbers = []
    for field in fields:
        if field.kind is FieldKind.NUMERIC:
            value = attributes.get(field.name)
            has_value = isinstance(value, int | float) and bool(np.isfinite(value))
            standard = (float(value) - field.mean) / field.std if has_value else 0.0  # type: ignore[arg-type]
            numbers += [float(np.clip(standard, -CLIP, CLIP)), float(has_value)]
    return np.array(numbers, dtype=np.float32)


def _stack(rows: Sequence[Floats], fields: Sequence[FieldSpec]) -> Floats:
    width = 2 * sum(field.kind is FieldKind.NUMERIC for field in fields)
    return np.stack(rows) if rows else np.zeros((0, width), dtype=np.float32)


def _vector(field: FieldSpec, item: Item) -> Floats:
    """An item's vector of one modality, scaled to length 1; zeros if it has none."""
    numbers = item.vectors.get(field.name)
    if numbers is None:
        return np.zeros(field.size, dtype=np.float32)
    if len(numbers) != field.size:
        raise ValueError(f"expected {field.size} numbers for '{field.name}', given {len(numbers)}")
    vector = np.asarray(numbers, dtype=np.float32)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
