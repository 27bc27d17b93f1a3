"""The embeddings endpoint against a real HTTP server: batches, retries, limits, and a key that is never shown."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from models.language.endpoint import BATCH, KEY, TIMEOUT, URL, Endpoint, EndpointEncoder, read_endpoint
from models.language.protocol import TextEncoderMismatchError, TextEncoderUnavailableError
from models.language.registry import open_text_encoder
from tests.embeddings_server import SIZE, EmbeddingsServer, embed, serve_embeddings

SECRET = "sk-very-secret"


@pytest.fixture
def server() -> Iterator[EmbeddingsServer]:
    with serve_embeddings() as running:
        yield running


def open_encoder(
    server: EmbeddingsServer, waits: list[float] | None = None, attempts: int = 4
) -> EndpointEncoder:
    """An encoder that writes its waits down instead of waiting."""
    slept = [] if waits is None else waits
    endpoint = Endpoint(server.url, SECRET, timeout_s=30)
    return EndpointEncoder("m", SIZE, endpoint, attempts=attempts, sleep=slept.append)


def test_texts_go_in_batches_and_come_back_in_their_order(server: EmbeddingsServer) -> None:
    texts = [f"text number {number}" for number in range(BATCH + 3)]
    vectors = open_encoder(server).encode([*texts, " ", "text number 0"])
    assert [len(request["input"]) for request in server.requests] == [BATCH, 4]
    assert server.requests[0] | {"input": None} == {"model": "m", "input": None, "encoding_format": "float"}
    assert set(server.keys) == {f"Bearer {SECRET}"}
    expected = np.array(embed("text number 5"))
    assert vectors[5] @ (expected / np.linalg.norm(expected)) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(vectors[0], vectors[-1])
    assert not vectors[-2].any() and " " not in server.texts


def test_a_passing_fault_is_tried_again_after_growing_waits(server: EmbeddingsServer) -> None:
    server.faults = [(503, {}), (429, {"retry-after": "7"}), (500, {})]
    waits: list[float] = []
    assert open_encoder(server, waits).encode(["one"]).any()
    assert waits == [0.5, 7.0, 2.0]
    assert len(server.requests) == 1


def test_faults_without_end_are_an_error_that_names_the_last_one(server: EmbeddingsServer) -> None:
    server.is_down = True
    waits: list[float] = []
    with pytest.raises(TextEncoderUnavailableError, match="endpoint of 'endpoint:m', given status 503"):
        open_encoder(server, waits).encode(["one"])
    assert len(waits) == 3 and len(server.keys) == 4


def test_a_refusal_is_not_tried_again_and_does_not_show_the_key(server: EmbeddingsServer) -> None:
    server.faults = [(401, {})]
    encoder = open_encoder(server)
    with pytest.raises(TextEncoderUnavailableError, match=r"status 401 .invalid_api_key.$") as caught:
        encoder.encode(["one"])
    assert len(server.keys) == 1
    assert SECRET not in f"{caught.value} {caught.value!r} {encoder!r} {Endpoint(server.url, SECRET)!r}"


def test_an_endpoint_that_is_not_there_is_unavailable(server: EmbeddingsServer) -> None:
    nowhere = Endpoint("http://127.0.0.1:9/v1", "", timeout_s=30)
    with pytest.raises(TextEncoderUnavailableError, match="given ConnectError"):
        EndpointEncoder("m", SIZE, nowhere, attempts=1).encode(["one"])


def test_an_endpoint_that_does_not_answer_in_time_is_unavailable(server: EmbeddingsServer) -> None:
    server.held = threading.Event()
    slow = Endpoint(server.url, "", timeout_s=0.05)
    with pytest.raises(TextEncoderUnavailableError, match="given ReadTimeout"):
        EndpointEncoder("m", SIZE, slow, attempts=1).encode(["one"])


def test_vectors_of_another_length_are_refused(server: EmbeddingsServer) -> None:
    encoder = open_encoder(server)
    server.size = SIZE + 1
    with pytest.raises(
        TextEncoderMismatchError, match=f"vectors of {SIZE} numbers from 'endpoint:m', given 17"
    ):
        encoder.encode(["one"])


def test_the_registry_asks_for_the_length_only_where_it_is_not_known(
    server: EmbeddingsServer, monkeypatch
) -> None:
    monkeypatch.setenv(URL, server.url + "/")
    monkeypatch.setenv(KEY, SECRET)
    assert open_text_encoder("endpoint:m", 99).size == 99
    assert server.requests == []
    found = open_text_encoder("endpoint:m")
    assert (found.size, found.name) == (SIZE, "endpoint:m")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, f"expected {URL} as an address .* given none"),
        ({URL: "file:///etc"}, f"expected {URL} as an address .* given another text"),
        ({URL: "https://me:sk-very-secret@host/v1"}, f"expected {URL} as an address .* given another text"),
        ({URL: "https://host/v1", TIMEOUT: "soon"}, f"expected {TIMEOUT} as seconds above 0 .* given 'soon'"),
        ({URL: "https://host/v1", TIMEOUT: "-1"}, f"expected {TIMEOUT} as seconds above 0"),
    ],
)
def test_settings_that_cannot_be_used_are_named(settings: dict[str, str], message: str) -> None:
    with pytest.raises(TextEncoderUnavailableError, match=message) as caught:
        read_endpoint(settings)
    assert SECRET not in str(caught.value)
