"""The vectors of a catalogue's labels: encoded once, and with a noun when a request has one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.language.protocol import Floats
from models.language.words.vocabulary import EncodeTexts, Vocabulary

MOST_LABELS = 500
"""The most labels of a field that the encoder reads; names of more, such as brands, are found by their spelling."""


@dataclass(frozen=True, slots=True)
class LabelVectors:
    """The L labels that the encoder reads."""

    encode: EncodeTexts  # of the words of requests
    encode_names: EncodeTexts  # of labels, which may keep their vectors
    names: Sequence[str]
    rows: NDArray[np.int64]  # [L] rows of the vocabulary's labels
    plain: Floats  # [L, T]
    by_noun: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(
        cls, vocabulary: Vocabulary, encode: EncodeTexts, encode_names: EncodeTexts | None = None
    ) -> "LabelVectors":
        """The vectors of a vocabulary's labels, without those of fields with more than MOST_LABELS."""
        counts: dict[str, int] = {}
        for label in vocabulary.labels:
            counts[label.field] = counts.get(label.field, 0) + 1
        rows = [
            row
            for row, label in enumerate(vocabulary.labels)
            if counts[label.field] <= MOST_LABELS and any(map(str.isalpha, label.name))
        ]
        names = [vocabulary.labels[row].name for row in rows]
        encode_names = encode_names or encode
        return cls(encode, encode_names, names, np.array(rows, dtype=np.int64), encode_names(names))

    def with_noun(self, noun: str) -> Floats:
        """[L, T] the vectors of the labels before a noun, such as "Crime movies"."""
        if noun not in self.by_noun:
            self.by_noun[noun] = self.encode_names([f"{name} {noun}" for name in self.names])
        return self.by_noun[noun]
