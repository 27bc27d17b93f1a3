"""An OpenAI-compatible chat endpoint: POST <url>/chat/completions with structured output, by the standard library."""

import json
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError

MOST_BYTES = 1 << 18
"""The most bytes of an answer."""


class ChatError(Exception):
    """The model gave no usable answer: it is away, slow or busy, or its answer has another shape."""


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """Where the language model is, and how long one of its answers may take. The key is in no representation."""

    url: str
    model: str
    key: str | None = field(repr=False)
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a language model: instructions, words, and the JSON schema of the answer with its name."""

    instructions: str
    words: str
    schema_name: str
    schema: Mapping[str, Any]


def ask(endpoint: ChatEndpoint, question: Question) -> str:
    """The text of the model's answer to a question; blocks. Raises ChatError.

    Each wait, for the connection, for a part of the headers and of the body, ends after `timeout_s`. An answer whose
    body comes in parts is given up at the first part that comes later than `timeout_s` after the request.
    """
    headers = {"content-type": "application/json"}
    if endpoint.key is not None:
        headers["authorization"] = f"Bearer {endpoint.key}"
    url, asked = f"{endpoint.url.rstrip('/')}/chat/completions", _write_request(endpoint.model, question)
    deadline = time.monotonic() + endpoint.timeout_s
    try:
        request = urllib.request.Request(url, asked, headers)  # noqa: S310 - http and https alone, by the settings
        with urllib.request.urlopen(request, timeout=endpoint.timeout_s) as answer:  # noqa: S310
            content = json.loads(_read_body(answer, deadline))["choices"][0]["message"]["content"]
    except HTTPError as error:
        with error:  # it holds the connection
            raise ChatError(f"expected an answer of the language model, given {error}") from error
    except (OSError, ValueError, LookupError, TypeError, RecursionError, HTTPException) as error:
        raise ChatError(f"expected an answer of the language model, given {error}") from error
    if not isinstance(content, str):
        raise ChatError("expected a text of the language model, given none")
    return content


def ask_texts(endpoint: ChatEndpoint, question: Question, count: int) -> Sequence[str]:
    """The `count` texts of an answer `{"texts": [...]}`; raises ChatError for any other."""
    content = ask(endpoint, question)
    try:
        texts = json.loads(content)["texts"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ChatError(f"expected texts of the language model, given {type(error).__name__}") from error
    if not isinstance(texts, list) or len(texts) != count or not all(isinstance(text, str) for text in texts):
        raise ChatError(f"expected a list of {count} texts, given another")
    if not is_writable(texts):
        raise ChatError("expected whole characters, given half a surrogate pair")
    return texts


def is_writable(texts: Sequence[str]) -> bool:
    """True for texts that can be written as UTF-8: JSON can escape half a surrogate pair, which is no character."""
    try:
        json.dumps(list(texts), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def texts_schema(count: int) -> Mapping[str, Any]:
    """The JSON schema of `{"texts": [...]}` with `count` texts."""
    texts = {"type": "array", "items": {"type": "string"}, "minItems": count, "maxItems": count}
    return {
        "type": "object",
        "properties": {"texts": texts},
        "required": ["texts"],
        "additionalProperties": False,
    }


def _read_body(answer: HTTPResponse, deadline: float) -> bytes:
    """The first MOST_BYTES of an answer. Raises TimeoutError at the first bytes after the deadline."""
    body = b""
    while len(body) < MOST_BYTES and (part := answer.read1(MOST_BYTES - len(body))):
        if time.monotonic() > deadline:
            raise TimeoutError("an answer that has not ended in time")
        body += part
    return body


def _write_request(model: str, question: Question) -> bytes:
    json_schema = {"name": question.schema_name, "schema": question.schema}
    return json.dumps(
        {
            "model": model,
            "temperature": 0,
            "messages": [
                {"role": "system", "content": question.instructions},
                {"role": "user", "content": question.words},
            ],
            "response_format": {"type": "json_schema", "json_schema": json_schema},
        }
    ).encode()
