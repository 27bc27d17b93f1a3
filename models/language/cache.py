"""Text vectors kept on disk, so that a job run again encodes only what is new.

A folder an encoder, holding segments: files written once under a temporary name, then renamed, never changed.
So processes may share a cache without a lock, and a file that was cut short is only a miss.
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
"""Texts encoded between two writes: what an interrupted run loses at most."""
SUFFIX = ".npy"

Progress = Callable[[int, int], None]
"""Given (texts encoded so far, texts to encode)."""


class CachedTextEncoder:
    """A TextEncoder that remembers, by the encoder's name and the text's SHA-256. For offline jobs.

    What other processes add after this one opened the folder is not seen, and then computed twice: harmless.
    """

    def __init__(self, encoder: TextEncoder, folder: Path, progress: Progress | None = None) -> None:
        self._encoder = encoder
        self._folder = folder / hashlib.sha256(encoder.name.encode()).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._progress = progress
        self._row = np.dtype([("digest", "V32"), ("vector", "<f4", (encoder.size,))])
        self._lock = Lock()
        self._known: dict[bytes, Floats] = {}
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            self._known.update(_read_segment(path, self._row))

    @property
    def name(self) -> str:
        """The wrapped encoder's name: the vectors are its vectors."""
        return self._encoder.name

    @property
    def size(self) -> int:
        """Length of a vector."""
        return self._encoder.size

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode; only texts never seen before are computed, each once."""
        return encode_present(texts, self.size, self._look_up)

    def _look_up(self, texts: list[str]) -> Floats:
        digests = [hashlib.sha256(text.encode()).digest() for text in texts]
        with self._lock:
            missing = {
                digest: text for digest, text in zip(digests, texts, strict=True) if digest not in self._known
            }
            self._compute(missing)
            return np.stack([self._known[digest] for digest in digests])

    def _compute(self, missing: dict[bytes, str]) -> None:
        digests, texts = list(missing), list(missing.values())
        for start in range(0, len(texts), SEGMENT):
            stop = min(start + SEGMENT, len(texts))
            segment = np.zeros(stop - start, dtype=self._row)
            segment["digest"] = digests[start:stop]
            for first in range(start, stop, BATCH):
                last = min(first + BATCH, stop)
                segment["vector"][first - start : last - start] = self._encoder.encode(texts[first:last])
                if self._progress is not None:
                    self._progress(last, len(texts))
            _write_segment(self._folder, segment)
            self._known.update(zip(digests[start:stop], segment["vector"], strict=True))


def _read_segment(path: Path, row: np.dtype[np.void]) -> dict[bytes, Floats]:
    """The vectors of a segment, mapped from disk; none where the file is cut short or of another kind."""
    try:
        segment = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return {}
    if segment.dtype != row or segment.ndim != 1:
        return {}
    # A file whose end was lost to a power cut may read as zeros: no vector worth keeping is zero.
    whole = np.flatnonzero(np.abs(np.linalg.norm(segment["vector"], axis=1) - 1) < 1e-3)
    return {bytes(segment["digest"][number]): segment["vector"][number] for number in whole}


def _write_segment(folder: Path, segment: NDArray[np.void]) -> None:
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".tmp", delete=False) as stream:
        np.save(stream, segment, allow_pickle=False)
        stream.flush()
        os.fsync(stream.fileno())
    Path(stream.name).replace(Path(stream.name).with_suffix(SUFFIX))
