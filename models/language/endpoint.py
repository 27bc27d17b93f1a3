"""Text encoder of an OpenAI-compatible embeddings endpoint: POST <url>/embeddings, in batches, with retries.

Its address and key come from the environment, never from a job or bundle: CHORUS_EMBEDDINGS_URL such as
https://api.openai.com/v1, CHORUS_EMBEDDINGS_KEY, CHORUS_EMBEDDINGS_TIMEOUT_S (the seconds of one HTTP request) and
CHORUS_EMBEDDINGS_QUERY_TIMEOUT_S (the seconds that an answer of the service waits for the vectors of its texts).
"""

import os
import re
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from models.language.protocol import (
    Floats,
    TextEncoderMismatchError,
    TextEncoderUnavailableError,
    encode_present,
)

PREFIX = "endpoint:"
URL, KEY = "CHORUS_EMBEDDINGS_URL", "CHORUS_EMBEDDINGS_KEY"
TIMEOUT, QUERY_TIMEOUT = "CHORUS_EMBEDDINGS_TIMEOUT_S", "CHORUS_EMBEDDINGS_QUERY_TIMEOUT_S"
DEFAULT_TIMEOUT_S, DEFAULT_QUERY_TIMEOUT_S = 10.0, 1.0
BATCH = 64
"""Texts of one HTTP request."""
ATTEMPTS = 6
"""HTTP requests for one batch, at most; with the waits between them about half a minute."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}", re.ASCII)
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""HTTP statuses after which the same request may succeed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the endpoint is. The key is in no representation."""

    url: str
    key: str = field(repr=False)  # "" for none
    timeout_s: float = DEFAULT_TIMEOUT_S
    query_timeout_s: float = DEFAULT_QUERY_TIMEOUT_S


def read_endpoint(environment: Mapping[str, str] | None = None) -> Endpoint:
    """The endpoint of the environment; raises TextEncoderUnavailableError for a missing or unusable setting."""
    given = os.environ if environment is None else environment
    url = given.get(URL, "").strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        shown = "none" if not url else "another text"  # it may hold a password
        raise TextEncoderUnavailableError(
            f"expected {URL} as an address such as https://api.openai.com/v1, without a user, given {shown}"
        )
    timeout_s = _read_seconds(given, TIMEOUT, DEFAULT_TIMEOUT_S)
    query_timeout_s = _read_seconds(given, QUERY_TIMEOUT, DEFAULT_QUERY_TIMEOUT_S)
    return Endpoint(url, given.get(KEY, "").strip(), timeout_s, query_timeout_s)


def _read_seconds(given: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(given.get(name) or default)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise TextEncoderUnavailableError(
            f"expected {name} as seconds above 0 and up to 600, given {given.get(name)!r}"
        )
    return seconds


class EndpointEncoder:
    """Text encoder over HTTP. Thread-safe.

    With `size` None the first text is encoded at construction, to learn the vectors' length. Raises
    TextEncoderUnavailableError without the package httpx, a usable address or an answer, and TextEncoderMismatchError
    for vectors of another length.
    """

    def __init__(
        self,
        model: str,
        size: int | None = None,
        endpoint: Endpoint | None = None,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = PREFIX + model
        self._model, self._attempts, self._sleep = model, attempts, sleep
        self._endpoint = read_endpoint() if endpoint is None else endpoint
        try:
            self._httpx = import_module("httpx")
        except ImportError as error:
            raise TextEncoderUnavailableError(
                f"expected the package httpx for '{self.name}', given none: pip install 'chorus-recommender[endpoint]'"
            ) from error
        headers = {"authorization": f"Bearer {self._endpoint.key}"} if self._endpoint.key else {}
        self._client = self._httpx.Client(timeout=self._endpoint.timeout_s, headers=headers)
        weakref.finalize(self, self._client.close)  # a replaced bundle leaves no connections
        self.size = len(self._request(["size"])[0]) if size is None else size

    @property
    def query_limit_s(self) -> float:
        """How long the service waits for the vectors of a request's texts."""
        return self._endpoint.query_timeout_s

    def without_retries(self) -> "EndpointEncoder":
        """The same encoder for a service, whose callers do not wait for retries."""
        model = self.name.removeprefix(PREFIX)
        return EndpointEncoder(model, self.size, self._endpoint, attempts=1)

    def encode(self, texts: Sequence[str]) -> Floats:
        """See TextEncoder.encode."""
        return encode_present(texts, self.size, self._run)

    def _run(self, texts: list[str]) -> Floats:
        vectors = np.empty((len(texts), self.size), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            rows = self._request(texts[start : start + BATCH])
            for number, row in enumerate(rows):
                if len(row) != self.size:
                    raise TextEncoderMismatchError(
                        f"expected vectors of {self.size} numbers from '{self.name}', given {len(row)}"
                    )
                vectors[start + number] = row
        return vectors

    def _request(self, texts: list[str]) -> list[list[float]]:
        """The vectors of one batch, after as many attempts as it takes."""
        body = {"model": self._model, "input": texts, "encoding_format": "float"}
        fault, wait_s = "", FIRST_WAIT_S
        for attempt in range(self._attempts):
            if attempt:
                self._sleep(wait_s)
            wait_s = min(FIRST_WAIT_S * 2**attempt, LONGEST_WAIT_S)
            try:
                response = self._client.post(f"{self._endpoint.url}/embeddings", json=body)
            except self._httpx.HTTPError as error:
                fault = type(error).__name__
                continue
            if response.status_code == 200:
                return self._read_vectors(response, len(texts))
            fault = f"status {response.status_code}{_read_code(response)}"
            if response.status_code not in PASSING:
                break
            wait_s = _read_wait(response.headers.get("retry-after"), wait_s)
        raise TextEncoderUnavailableError(
            f"expected vectors from the endpoint of '{self.name}', given {fault}"
        )

    def _read_vectors(self, response: Any, count: int) -> list[list[float]]:
        """The vectors of an answer, in the order of the texts."""
        try:
            rows = {
                row["index"]: [float(number) for number in row["embedding"]]
                for row in response.json()["data"]
            }
            return [rows[number] for number in range(count)]
        except (ValueError, TypeError, KeyError) as error:
            raise TextEncoderUnavailableError(
                f"expected {count} vectors from the endpoint of '{self.name}', given an answer without them"
            ) from error


def _read_wait(retry_after: str | None, default_s: float) -> float:
    """The seconds that an answer asks to wait, within bounds; `default_s` without a number."""
    try:
        return min(max(float(retry_after or ""), 0.0), LONGEST_WAIT_S)
    except ValueError:
        return default_s


def _read_code(response: Any) -> str:
    """The code of an error such as invalid_api_key. Its message may repeat the key or the texts, and is not read."""
    try:
        error = response.json()["error"]
        codes = [error.get(name) for name in ("code", "type")]
    except (ValueError, TypeError, KeyError, AttributeError):
        return ""
    code = next((code for code in codes if isinstance(code, str) and CODE.fullmatch(code)), None)
    return "" if code is None else f" ({code})"
