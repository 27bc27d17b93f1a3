"""Text encoder for any sentence-transformers model (Reimers and Gurevych 2019), by name or folder."""

from collections.abc import Sequence
from importlib import import_module
from threading import Lock

import numpy as np

from models.language.protocol import Floats, TextEncoderUnavailableError, encode_present

PREFIX = "sentence-transformers:"
BATCH = 64


class SentenceTransformerEncoder:
    """Text encoder that loads its model at construction. Thread-safe.

    Raises TextEncoderUnavailableError if the package is not installed or the model cannot be loaded.
    """

    def __init__(self, model: str) -> None:
        try:
            package = import_module("sentence_transformers")
        except ImportError as error:
            raise TextEncoderUnavailableError(
                f"expected the package sentence-transformers for '{PREFIX}{model}', given none: "
                "pip install sentence-transformers"
            ) from error
        try:
            self._model = package.SentenceTransformer(model)
        except (OSError, ValueError) as error:
            raise TextEncoderUnavailableError(
                f"expected the name or folder of a sentence-transformers model, given '{model}': {error}"
            ) from error
        self._lock = Lock()
        self.name = PREFIX + model
        self.size = len(self._run(["size"])[0])

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode."""
        return encode_present(texts, self.size, self._run)

    def _run(self, texts: list[str]) -> Floats:
        with self._lock:
            vectors = self._model.encode(
                texts,
                batch_size=BATCH,
                show_progress_bar=False,
                convert_to_numpy=True,
                normalize_embeddings=True,
            )
        return np.asarray(vectors, dtype=np.float32)
