"""Text vectors from an encoder over the network: remembered, checked, and given up for a while after a failure."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np

from models.contract.arrays import Floats
from models.contract.encoder_card import EncoderCard
from models.language.golden_sentence import check_answer
from models.language.protocol import (
    TextEncoder,
    TextEncoderMismatchError,
    TextEncoderUnavailableError,
    clean_text,
    encode_present,
)

REMEMBERED = 4096
"""Vectors in memory: 25 MB where they have 1,536 numbers."""
REST_S = 5.0
"""How long the endpoint is not asked after it failed."""
THREADS = 4
"""Requests to the endpoint at once for the texts of requests, and as many for those of items."""


class RemoteTexts:
    """A TextEncoder over an endpoint, for whose answer a request waits `limit_s`. Thread-safe.

    With a card the endpoint's first answer must agree with it, and so the golden sentence is sent along until one did.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        limit_s: float,
        card: EncoderCard | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name, self.size = encoder.name, encoder.size
        self.limit_s = limit_s
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="texts")
        self.item_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="item-texts")
        self._encoder, self._card, self._clock = encoder, card, clock
        self._vectors: OrderedDict[str, Floats] = OrderedDict()
        self._lock = Lock()
        self._rests_until = -np.inf
        self._refusal: str | None = None

    @property
    def is_resting(self) -> bool:
        """True if the endpoint failed a moment ago, or is another model than in training."""
        return self._refusal is not None or self._clock() < self._rests_until

    def rest(self) -> None:
        """Ask the endpoint no more for REST_S seconds."""
        self._rests_until = self._clock() + REST_S

    def recall(self, texts: Iterable[str]) -> dict[str, Floats]:
        """The vectors that are in memory, by text as `clean_text` gives it."""
        with self._lock:
            found = {text: self._vectors[text] for text in texts if text in self._vectors}
            for text in found:
                self._vectors.move_to_end(text)
        return found

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode; raises TextEncoderUnavailableError at once while the endpoint rests."""
        return encode_present(texts, self.size, self._look_up)

    def _look_up(self, texts: list[str]) -> Floats:
        found = self.recall(dict.fromkeys(texts))
        missing = [text for text in dict.fromkeys(texts) if text not in found]
        if missing:
            found |= dict(zip(missing, self._fetch(missing), strict=True))
        return np.stack([found[text] for text in texts])

    def _fetch(self, texts: list[str]) -> Floats:
        """Ask the endpoint, and remember what it answers."""
        if self.is_resting:
            raise TextEncoderUnavailableError(self._refusal or f"'{self.name}' failed a moment ago")
        card = self._card
        try:
            vectors = self._encoder.encode(texts if card is None else [*texts, card.sentence])
            if card is not None:
                check_answer(self.name, vectors[-1], card.vector)
        except TextEncoderMismatchError as error:
            self._refusal = str(error)
            raise
        except TextEncoderUnavailableError:
            self.rest()
            raise
        self._card, vectors = None, vectors[: len(texts)]
        with self._lock:
            self._vectors.update(zip(texts, vectors, strict=True))
            while len(self._vectors) > REMEMBERED:
                self._vectors.popitem(last=False)
        return vectors


class FetchedTexts:
    """A TextEncoder of the vectors that were fetched for one request: the compute thread waits for no network."""

    def __init__(self, name: str, size: int, vectors: Mapping[str, Floats]) -> None:
        self.name, self.size = name, size
        self._vectors = vectors

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode; a text that was not fetched has a zero vector, as a blank one."""
        zeros = np.zeros(self.size, dtype=np.float32)
        if not texts:
            return np.zeros((0, self.size), dtype=np.float32)
        return np.stack([self._vectors.get(clean_text(text), zeros) for text in texts])

    def lacks(self, texts: Iterable[str]) -> bool:
        """True if one of the texts has words and was not fetched."""
        return any(text and text not in self._vectors for text in map(clean_text, texts))
