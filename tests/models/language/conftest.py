"""A text encoder small enough to be worked by hand, and the default one, loaded once."""

import numpy as np
import pytest

from models.language.protocol import Floats, encode_present
from models.language.use import UseEncoder


class LetterEncoder:
    """Counts the letters a, b and c, and remembers what it was given."""

    name = "letters"
    size = 3

    def __init__(self) -> None:
        self.given: list[str] = []

    def encode(self, texts: list[str]) -> Floats:
        self.given += texts
        return encode_present(
            texts, 3, lambda read: np.array([[1.0 + t.count(c) for c in "abc"] for t in read])
        )


@pytest.fixture
def letters() -> LetterEncoder:
    return LetterEncoder()


@pytest.fixture(scope="session")
def use() -> UseEncoder:
    return UseEncoder()
