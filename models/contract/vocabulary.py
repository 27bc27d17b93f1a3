"""Vocabulary: tokens to indices and back. 0 is padding, 1 is out-of-vocabulary (OOV)."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, PrivateAttr

PAD = 0
OOV = 1
OFFSET = 2
"""The index of a vocabulary's first token."""


class Vocabulary(BaseModel):
    """An ordered set of tokens. Raises ValueError for a duplicate token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: tuple[str, ...] = ()
    _index: dict[str, int] = PrivateAttr(default_factory=dict)

    def model_post_init(self, _context: Any) -> None:
        self._index.update({token: row + OFFSET for row, token in enumerate(self.tokens)})
        if len(self._index) != len(self.tokens):
            raise ValueError(f"expected distinct tokens, given {len(self.tokens) - len(self._index)} twice")

    def __len__(self) -> int:
        """The number of indices, PAD and OOV included: the rows of an embedding table."""
        return len(self.tokens) + OFFSET

    def __contains__(self, token: str) -> bool:
        return token in self._index

    def index(self, token: str) -> int:
        """The token's index; OOV for an unknown token."""
        return self._index.get(token, OOV)

    def encode(self, tokens: Iterable[str]) -> NDArray[np.int64]:
        """Indices [n] of n tokens."""
        index = self._index  # a local variable: pydantic's private attributes are slow to read
        return np.fromiter((index.get(token, OOV) for token in tokens), dtype=np.int64)

    def share(self, tokens: Iterable[str]) -> tuple[str, ...]:
        """Equal tokens, with the vocabulary's strings for those that it has, so that a million ids are kept once."""
        known, index = self.tokens, self._index
        found = ((token, index.get(token)) for token in tokens)
        return tuple(token if row is None else known[row - OFFSET] for token, row in found)

    def token(self, index: int) -> str:
        """The token at an index >= 2; raises IndexError for PAD, OOV and indices out of range."""
        if not OFFSET <= index < len(self):
            raise IndexError(f"expected an index in [{OFFSET}, {len(self)}), given {index}")
        return self.tokens[index - OFFSET]
