"""Text -> vectors: the protocol that every text encoder keeps."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MAX_CHARACTERS = 2000
"""What of a text an encoder reads: its first 2,000 characters, surrounding white space removed."""


class TextEncoderUnavailableError(Exception):
    """An encoder that is known but cannot be opened here: a package or a model is missing."""


class TextEncoder(Protocol):
    """Turns texts of any language into vectors whose inner product says how near they are in meaning."""

    @property
    def name(self) -> str:
        """The registered name, by which `open_text_encoder` opens it again."""
        ...

    @property
    def size(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors [n, size] of n texts: unit length, all zero for an empty or blank text.

        Never raises for a str of any content: lone surrogates are replaced, and text beyond
        MAX_CHARACTERS is not read.
        """
        ...


def readable(text: str) -> str:
    """What an encoder reads: MAX_CHARACTERS of valid Unicode without NUL or surrounding white space."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8").replace("\0", " ").strip()


def encode_present(texts: Sequence[str], size: int, encode: Callable[[list[str]], Floats]) -> Floats:
    """Unit vectors [n, size] of n texts; blank ones, which `encode` does not get, are zero."""
    read = [readable(text) for text in texts]
    present = [row for row, text in enumerate(read) if text]
    vectors = np.zeros((len(read), size), dtype=np.float32)
    if present:
        vectors[present] = unit_rows(encode([read[row] for row in present]))
    return vectors


def unit_rows(vectors: Floats) -> Floats:
    """Rows [n, size] brought to length 1; an all-zero or non-finite row becomes all zero."""
    finite = np.where(np.isfinite(vectors).all(axis=1, keepdims=True), vectors, 0).astype(np.float32)
    length = np.linalg.norm(finite, axis=1, keepdims=True)
    return np.asarray(finite / np.where(length > 0, length, 1), dtype=np.float32)
