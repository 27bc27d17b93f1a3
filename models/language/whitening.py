"""Whitening of text vectors: directions that most texts share count less, so that a cosine tells meanings apart.

Sentence vectors fill a narrow cone: their mean and few directions make up most of every cosine (Su et al. 2021,
"Whitening sentence representations for better semantics and faster retrieval").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.language.protocol import Floats, TextEncoder, unit_rows

FLOOR = 0.01
"""Added to each variance, in parts of their mean, so that directions without texts are not blown up."""


@dataclass(frozen=True, slots=True)
class Whitening:
    """A fitted map of unit vectors [n, T] to unit vectors [n, T]."""

    mean: Floats  # [T]
    matrix: Floats  # [T, T]

    def apply(self, vectors: Floats) -> Floats:
        """The whitened vectors [n, T]; those of blank texts stay zero."""
        has_text = vectors.any(axis=1, keepdims=True)
        return unit_rows(np.where(has_text, (vectors - self.mean) @ self.matrix, 0).astype(np.float32))

    def to_array(self) -> Floats:
        """[T + 1, T] the mean, then the matrix: the form in a bundle."""
        return np.concatenate([self.mean[None], self.matrix])


def from_array(array: Floats) -> Whitening:
    """The whitening in an array [T + 1, T]."""
    return Whitening(array[0], array[1:])


def fit_whitening(vectors: Floats, strength: float) -> Whitening:
    """Fit the whitening of vectors [n, T]: each variance v is scaled by v ** -strength, 0 (centred) to 1 (white).

    Blank texts are left out. The matrix is symmetric (ZCA), so that a vector stays as near itself as it can.
    """
    texts = vectors[vectors.any(axis=1)].astype(np.float64)
    size = vectors.shape[1]
    if len(texts) < 2:
        return Whitening(np.zeros(size, np.float32), np.eye(size, dtype=np.float32))
    mean = texts.mean(axis=0)
    variances, directions = np.linalg.eigh((texts - mean).T @ (texts - mean) / len(texts))
    variances = np.maximum(variances, 0)
    scales = (variances + FLOOR * max(float(variances.mean()), 1e-12)) ** (-strength / 2)
    scales /= scales.max()
    return Whitening(mean.astype(np.float32), ((directions * scales) @ directions.T).astype(np.float32))


class WhitenedEncoder:
    """A TextEncoder whose vectors are whitened."""

    def __init__(self, encoder: TextEncoder, whitening: Whitening) -> None:
        self.name, self.size = encoder.name, encoder.size
        self._encoder, self._whitening = encoder, whitening

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode."""
        return self._whitening.apply(self._encoder.encode(texts))


def whiten(encoder: TextEncoder, whitening: Whitening | None) -> TextEncoder:
    """The encoder with its vectors whitened; as it is without a whitening."""
    return encoder if whitening is None else WhitenedEncoder(encoder, whitening)
