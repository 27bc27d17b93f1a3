"""Ask a language model beside the requests, by an OpenAI-compatible chat endpoint: for the plan of words, or for texts.

The calls run in threads of their own, so that a slow model holds up neither the event loop nor the compute threads.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from pydantic import ValidationError

from app.api.schemas.plan import PlanWire
from app.config import Settings
from models.language.chat_endpoint import ChatEndpoint, ChatError, Question, ask

Result = TypeVar("Result")

MOST_CALLS = 8
"""Calls at once; a request beyond them is answered without the model."""
INSTRUCTIONS = """\
You turn a shopper's request, in any language, into a plan as JSON that fits the given schema. Use only fields
and labels of the catalogue below, in its spelling. `wanted`: labels that each item must have; `unwanted`:
labels that no item may have; `conditions`: numbers; `limit`: the number of items that the request names;
`direction`: what else is wanted, as short text in the request's language without polite words; `avoid`: what
else is unwanted. Leave out what the request does not say. Leave `like` and `unlike` empty.
"""


class ChatThreads:
    """At most MOST_CALLS calls of a language model at once. `run` may be called from many tasks of one event loop."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="chat")
        self._places = BoundedSemaphore(MOST_CALLS)

    async def run(self, call: Callable[[], Result]) -> Result:
        """The result of a blocking call in a thread; raises ChatError after the time limit at the latest."""
        if not self._places.acquire(blocking=False):
            raise ChatError("expected a free place among the calls of the language model, given none")
        work = self._threads.submit(call)
        # When it ends, not when it is waited for no more.
        work.add_done_callback(lambda _: self._places.release())
        try:
            return await asyncio.wait_for(asyncio.wrap_future(work), self._timeout_s)
        except TimeoutError as error:
            raise ChatError(f"expected an answer within {self._timeout_s:g} s, given none") from error

    def close(self) -> None:
        """Wait for no call."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class ChatModel:
    """The model that understands the words of requests."""

    def __init__(self, endpoint: ChatEndpoint) -> None:
        self._endpoint = endpoint
        self._threads = ChatThreads(endpoint.timeout_s)

    async def ask(self, words: str, catalogue: str) -> PlanWire:
        """The plan of the words over a catalogue's description; raises ChatError after the time limit at the latest."""
        question = Question(f"{INSTRUCTIONS}\n{catalogue}", words, "plan", PlanWire.model_json_schema())
        content = await self._threads.run(lambda: ask(self._endpoint, question))
        try:
            return PlanWire.model_validate_json(content)
        except ValidationError as error:
            raise ChatError(f"expected a plan, given {error.error_count()} faults") from error

    def close(self) -> None:
        """Wait for no call."""
        self._threads.close()


def open_chat(settings: Settings) -> ChatModel | None:
    """The chat model of the settings; None where they name none."""
    endpoint = read_endpoint(settings)
    return None if endpoint is None else ChatModel(endpoint)


def read_endpoint(settings: Settings) -> ChatEndpoint | None:
    """The chat endpoint of the settings; None where they name none."""
    if settings.chat_url is None:
        return None
    key = None if settings.chat_key is None else settings.chat_key.get_secret_value()
    return ChatEndpoint(settings.chat_url, settings.chat_model, key, settings.chat_timeout_s)
