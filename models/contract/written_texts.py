"""The vector of a user's text: the profile's, moved towards the newest texts that the user wrote with events."""

from collections.abc import Callable, Sequence

import numpy as np

from models.contract.arrays import Floats, Mask
from models.contract.events import Event
from models.contract.feature_spec import FeatureSpec
from models.contract.features import newest_texts

DECAY = 0.8
"""The weight of a text relative to the next newer one."""


def add_texts(profiles: Floats, texts: Floats) -> Floats:
    """The text vectors [B, T] of users with profile vectors [B, T] and the vectors [B, K, T] of their newest texts.

    The newest text comes first; a text that is not there is zero. The profile and all texts together count alike. A
    user without texts keeps the profile's vector.
    """
    has_text: Mask = np.any(texts != 0, axis=2)  # [B, K]
    weights = np.where(has_text, np.float32(DECAY) ** np.arange(texts.shape[1], dtype=np.float32), 0)
    moved = _scale_to_unit(profiles + _scale_to_unit(np.einsum("bk,bkt->bt", weights, texts)))
    return np.where(np.any(has_text, axis=1, keepdims=True), moved, profiles)


def add_newest(
    spec: FeatureSpec, profile: Floats, events: Sequence[Event], encode: Callable[[str], Floats | None]
) -> Floats:
    """The text vector [T] of a user with the profile vector [T] and these events, which are oldest first.

    `encode` gives a text's unit vector [T], None for one that cannot be read.
    """
    vectors = [encode(text) for text in newest_texts(spec, events)]
    if not vectors:
        return profile
    texts = np.stack([np.zeros_like(profile) if vector is None else vector for vector in vectors])
    moved: Floats = add_texts(profile[None], texts[None])[0]
    return moved


def _scale_to_unit(vectors: Floats) -> Floats:
    """The rows [B, T] scaled to length 1; zeros stay."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), dtype=np.float32)
