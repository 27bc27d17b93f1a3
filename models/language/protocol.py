"""The protocol of text encoders: n texts to n unit vectors."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MAX_CHARACTERS = 2000
"""An encoder reads at most this many characters of a text."""


class TextEncoderUnavailableError(Exception):
    """A registered encoder cannot be used: a package or a model is missing, or its endpoint does not answer."""


class TextEncoderMismatchError(TextEncoderUnavailableError):
    """An encoder answers, and its vectors are not those of the model that it is named after."""


class TextEncoder(Protocol):
    """Maps texts of any language to vectors whose inner product measures how similar their meanings are."""

    @property
    def name(self) -> str:
        """The registered name, for `open_text_encoder`."""
        ...

    @property
    def size(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors [n, size] of n texts: unit length, all zero for an empty or blank text.

        Never raises for a str of any content: lone surrogates are replaced, and text beyond
        MAX_CHARACTERS is not read. Raises TextEncoderUnavailableError where an endpoint gives no answer.
        """
        ...


def clean_text(text: str) -> str:
    """The first MAX_CHARACTERS as valid Unicode, without NUL and surrounding white space."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8").replace("\0", " ").strip()


def encode_present(texts: Sequence[str], size: int, encode: Callable[[list[str]], Floats]) -> Floats:
    """Unit vectors [n, size] of n texts; zeros for blank texts, which are not passed to `encode`."""
    cleaned = [clean_text(text) for text in texts]
    rows = [row for row, text in enumerate(cleaned) if text]
    vectors = np.zeros((len(cleaned), size), dtype=np.float32)
    if rows:
        vectors[rows] = unit_rows(encode([cleaned[row] for row in rows]))
    return vectors


def unit_rows(vectors: Floats) -> Floats:
    """Rows [n, size] scaled to length 1; rows that are zero or not finite become zero."""
    finite = np.where(np.isfinite(vectors).all(axis=1, keepdims=True), vectors, 0).astype(np.float32)
    length = np.linalg.norm(finite, axis=1, keepdims=True)
    return np.asarray(finite / np.where(length > 0, length, 1), dtype=np.float32)
