"""A disk cache of text vectors, so that a repeated job encodes only new texts.

Each encoder has a folder of segments: files that are written under a temporary name, renamed and never changed. So
processes can share a cache without a lock. The texts of a damaged file are encoded again.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from models.language.protocol import Floats, TextEncoder, encode_present

BATCH = 256
"""Texts encoded between two calls of `progress`."""
SEGMENT = 4096
"""Texts encoded between two writes: the most vectors that an interrupted run loses."""
SUFFIX = ".npy"

Progress = Callable[[int, int], None]
"""Called with the number of texts encoded so far and the number to encode."""


class CachedTextEncoder:
    """A TextEncoder with a disk cache, keyed by the encoder's name and the text's SHA-256, for offline jobs.

    It reads the folder once, at construction; vectors that other processes add later are computed again.
    """

    def __init__(self, encoder: TextEncoder, folder: Path, progress: Progress | None = None) -> None:
        self._encoder = encoder
        self._folder = folder / hashlib.sha256(encoder.name.encode()).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._progress = progress
        self._dtype = np.dtype([("digest", "V32"), ("vector", "<f4", (encoder.size,))])
        self._lock = Lock()
        self._vectors: dict[bytes, Floats] = {}
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            self._vectors.update(_read_segment(path, self._dtype))

    @property
    def name(self) -> str:
        """The name of the wrapped encoder, whose vectors it returns."""
        return self._encoder.name

    @property
    def size(self) -> int:
        """Length of a vector."""
        return self._encoder.size

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode; each text that is not in the cache is computed once."""
        return encode_present(texts, self.size, self._look_up)

    def _look_up(self, texts: list[str]) -> Floats:
        """Vectors [n, size] of n texts, from the cache or computed."""
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        with self._lock:
            missing = {
                digest: text
                for digest, text in zip(digests, texts, strict=True)
                if digest not in self._vectors
            }
            self._compute(missing)
            return np.stack([self._vectors[digest] for digest in digests])

    def _compute(self, missing: dict[bytes, str]) -> None:
        """Encode texts by digest, one segment at a time, and write each segment to disk."""
        digests, texts = list(missing), list(missing.values())
        for start in range(0, len(texts), SEGMENT):
            stop = min(start + SEGMENT, len(texts))
            segment = np.zeros(stop - start, dtype=self._dtype)
            segment["digest"] = digests[start:stop]
            for first in range(start, stop, BATCH):
                last = min(first + BATCH, stop)
                segment["vector"][first - start : last - start] = self._encoder.encode(texts[first:last])
                if self._progress is not None:
                    self._progress(last, len(texts))
            _write_segment(self._folder, segment)
            self._vectors.update(zip(digests[start:stop], segment["vector"], strict=True))


def _read_segment(path: Path, dtype: np.dtype[np.void]) -> dict[bytes, Floats]:
    """The vectors of a segment by digest, memory-mapped; empty for a damaged file or another format."""
    try:
        segment = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):  # an unreadable, damaged or empty file
        return {}
    if segment.dtype != dtype or segment.ndim != 1:
        return {}
    # After a power failure the end of a file may read as zeros; a valid vector has length 1.
    rows = np.flatnonzero(np.abs(np.linalg.norm(segment["vector"], axis=1) - 1) < 1e-3)
    return {bytes(segment["digest"][row]): segment["vector"][row] for row in rows}


def _write_segment(folder: Path, segment: NDArray[np.void]) -> None:
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".tmp", delete=False) as stream:
        np.save(stream, segment, allow_pickle=False)
        stream.flush()
        os.fsync(stream.fileno())
    Path(stream.name).replace(Path(stream.name).with_suffix(SUFFIX))
