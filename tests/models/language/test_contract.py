"""What every TextEncoder keeps, whichever it is."""

from collections.abc import Iterator

import numpy as np
import pytest

from models.language.cache import CachedTextEncoder
from models.language.endpoint import Endpoint, EndpointEncoder
from models.language.protocol import MAX_CHARACTERS, TextEncoder
from tests.embeddings_server import serve_embeddings

AWKWARD = [
    "a plain sentence",
    "😀😀 family 👨‍👩‍👧",
    "nul \0 inside",
    "\ud800 lone surrogate",
    "word " * 50_000,
    "x" * 100_000,
    "你好，世界",
    "\u200b",
    "<script>; DROP TABLE items",
    "é" * 10,
]


@pytest.fixture
def endpoint() -> Iterator[EndpointEncoder]:
    with serve_embeddings() as server:
        yield EndpointEncoder("m", endpoint=Endpoint(server.url, "", timeout_s=30))


@pytest.fixture(
    params=["letters", "use", "endpoint", "minilm", "cached letters", "cached use", "cached endpoint"]
)
def encoder(request: pytest.FixtureRequest, tmp_path) -> TextEncoder:
    inner = request.getfixturevalue(request.param.split()[-1])
    return CachedTextEncoder(inner, tmp_path) if request.param.startswith("cached") else inner


def test_any_text_becomes_a_unit_vector(encoder: TextEncoder) -> None:
    vectors = encoder.encode(AWKWARD)
    assert vectors.shape == (len(AWKWARD), encoder.size)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_blank_text_is_the_zero_vector_wherever_it_stands(encoder: TextEncoder) -> None:
    vectors = encoder.encode(["", "one", " \n\t", "two", "\0"])
    assert np.array_equal(np.linalg.norm(vectors, axis=1) > 0, [False, True, False, True, False])


def test_no_texts_give_no_rows(encoder: TextEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.size)


def test_a_vector_does_not_depend_on_its_neighbours_or_on_when_it_was_asked(encoder: TextEncoder) -> None:
    together = encoder.encode(["a cab", "b", "a cab", "something longer than the others by far"])
    alone = encoder.encode(["a cab"])
    assert np.allclose(together[0], alone[0], atol=1e-5)
    assert np.allclose(together[0], together[2], atol=1e-5)


def test_text_beyond_the_limit_is_not_read(encoder: TextEncoder) -> None:
    head = "abc " * (MAX_CHARACTERS // 4)
    assert np.allclose(encoder.encode([head]), encoder.encode([head + "b" * 999]), atol=1e-6)
