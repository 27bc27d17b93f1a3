"""The golden sentence: a text whose vector tells whether an encoder is the one of training."""

from collections.abc import Sequence

import numpy as np

from models.language.protocol import Floats, TextEncoder, TextEncoderMismatchError

SENTENCE = "A quiet film about two friends who travel, cook and talk; 两个朋友的旅行"
"""In two languages, so that a model of one language is not taken for another of the same length."""
LEAST_COSINE = 0.999
"""Of the vector now and the one of training. Other hardware, batches and quantised weights move it by less."""


def check_answer(name: str, given: Floats, expected: Sequence[float]) -> None:
    """Raise TextEncoderMismatchError unless the vector of the sentence is that of training."""
    if len(given) != len(expected):
        raise TextEncoderMismatchError(
            f"expected vectors of {len(expected)} numbers from '{name}', as in training, given {len(given)}"
        )
    cosine = float(given @ np.asarray(expected, dtype=np.float32))
    if not cosine >= LEAST_COSINE:
        raise TextEncoderMismatchError(
            f"expected '{name}' to answer the golden sentence as in training (cosine of at least {LEAST_COSINE}), "
            f"given {cosine:.4f}: another model or version answers under this name"
        )


def check_encoder(encoder: TextEncoder, sentence: str, expected: Sequence[float]) -> None:
    """Ask an encoder for the sentence; raises TextEncoderMismatchError, or TextEncoderUnavailableError."""
    check_answer(encoder.name, encoder.encode([sentence])[0], expected)
