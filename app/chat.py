"""Ask a language model for the plan of words, by an OpenAI-compatible chat endpoint with structured output.

It speaks HTTP by the standard library in threads of its own, so that a slow model holds up neither the event loop nor
the compute threads.
"""

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from threading import BoundedSemaphore
from typing import Any
from urllib.error import HTTPError

from pydantic import ValidationError

from app.api.schemas.plan import PlanWire
from app.config import Settings

MOST_CALLS = 8
"""Calls at once; a request beyond them is understood without the model."""
MOST_BYTES = 1 << 18
"""The most bytes of an answer."""
INSTRUCTIONS = """\
You turn a shopper's request, in any language, into a plan as JSON that fits the given schema. Use only fields
and labels of the catalogue below, in its spelling. `wanted`: labels that each item must have; `unwanted`:
labels that no item may have; `conditions`: numbers; `limit`: the number of items that the request names;
`direction`: what else is wanted, as short text in the request's language without polite words; `avoid`: what
else is unwanted. Leave out what the request does not say. Leave `like` and `unlike` empty.
"""


class ChatError(Exception):
    """The model gave no plan: it is away, slow or busy, or its answer does not fit the schema."""


class ChatModel:
    """A chat model behind an endpoint. `ask` may be called from many tasks of one event loop at once."""

    def __init__(self, url: str, model: str, key: str | None, timeout_s: float) -> None:
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._model, self._key, self._timeout_s = model, key, timeout_s
        self._threads = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="chat")
        self._places = BoundedSemaphore(MOST_CALLS)

    async def ask(self, words: str, catalogue: str) -> PlanWire:
        """The plan of the words over a catalogue's description; raises ChatError after the time limit at the latest."""
        if not self._places.acquire(blocking=False):
            raise ChatError("expected a free place among the calls of the language model, given none")
        body = _write_request(self._model, words, catalogue)
        call = self._threads.submit(self._call, body)
        call.add_done_callback(
            lambda _: self._places.release()
        )  # when it ends, not when it is waited for no more
        try:
            content = await asyncio.wait_for(asyncio.wrap_future(call), self._timeout_s)
            return PlanWire.model_validate_json(content)
        except TimeoutError as error:
            raise ChatError(f"expected an answer within {self._timeout_s:g} s, given none") from error
        except ValidationError as error:
            raise ChatError(f"expected a plan, given {error.error_count()} faults") from error

    def close(self) -> None:
        """Wait for no call."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _call(self, body: bytes) -> str:
        """The text of the model's answer."""
        headers = {"content-type": "application/json"}
        if self._key is not None:
            headers["authorization"] = f"Bearer {self._key}"
        try:
            request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - the settings allow http only
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310
                content = json.loads(answer.read(MOST_BYTES))["choices"][0]["message"]["content"]
        except HTTPError as error:
            with error:  # it holds the connection
                raise ChatError(f"expected an answer of the language model, given {error}") from error
        except (OSError, ValueError, LookupError, TypeError, RecursionError, HTTPException) as error:
            raise ChatError(f"expected an answer of the language model, given {error}") from error
        if not isinstance(content, str):
            raise ChatError("expected a text of the language model, given none")
        return content


def open_chat(settings: Settings) -> ChatModel | None:
    """The chat model of the settings; None where they name none."""
    if settings.chat_url is None:
        return None
    key = None if settings.chat_key is None else settings.chat_key.get_secret_value()
    return ChatModel(settings.chat_url, settings.chat_model, key, settings.chat_timeout_s)


def _write_request(model: str, words: str, catalogue: str) -> bytes:
    schema: Mapping[str, Any] = PlanWire.model_json_schema()
    return json.dumps(
        {
            "model": model,
            "temperature": 0,
            "messages": [
                {"role": "system", "content": f"{INSTRUCTIONS}\n{catalogue}"},
                {"role": "user", "content": words},
            ],
            "response_format": {"type": "json_schema", "json_schema": {"name": "plan", "schema": schema}},
        }
    ).encode()
