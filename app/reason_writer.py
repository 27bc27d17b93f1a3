"""Word the reasons of an answer by a language model, from their recorded evidence alone, and check what it wrote.

It runs beside the event loop and after the compute thread. A text that names anything else than its evidence is
refused, and the template's text stays.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.bundle.bounded_cache import BoundedCache
from app.bundle.bundle import LoadedBundle
from app.chat import ChatThreads, read_endpoint
from app.config import Settings
from app.pipeline.explain.wording.facts import Told, name_catalogue, tell_reason
from app.pipeline.types import Reason
from models.language.chat_endpoint import ChatEndpoint, ChatError, Question, ask_texts, texts_schema
from models.language.claims import find_unsupported

TEMPLATE = "reasons:template"
"""The degradation of reasons of which one has the template's text in place of the language model's."""
WRITTEN, KEPT, REFUSED, FAILED = "written", "kept", "refused", "failed"
"""What became of a text: the outcomes in the metrics."""
PORTION = 8
"""Reasons of one call: more take a model longer than a page waits."""
MOST_CHARACTERS = 300
"""The most characters of a reason's text."""
MOST_KEPT_BYTES = 16 << 20
ENTRY_BYTES = 200
"""Of a kept text beside its characters."""
INSTRUCTIONS = """\
You word the reasons for which a shop shows an item to a person. The user message is a JSON list of reasons.
`says` is the reason in plain words, `items` are the titles of the items that it comes from, `about` is the shown
item, `strength` is measured. Write one short, friendly sentence for each reason, in the language with the tag
{language}, addressed to the person. Say only what the reason says. Name no title, person, genre, year or number that
is not in that reason; keep names in their spelling. No quotation marks, links or lists. Answer with JSON:
{{"texts": [one text a reason, in order]}}.
"""

Count = Callable[[str, int], None]
"""Counts texts by what became of them."""
Reasons = Sequence[tuple[str, Sequence[Reason]]]
"""The reasons of items by their ids."""


@dataclass(frozen=True, slots=True)
class Worded:
    """The reasons of items in the same order, and the degradations."""

    reasons: tuple[tuple[Reason, ...], ...]
    degraded: tuple[str, ...]


class ReasonWriter:
    """Words reasons by a chat endpoint. Texts, and refusals, are kept by the hash of what the model was given."""

    def __init__(self, endpoint: ChatEndpoint, count: Count) -> None:
        self._endpoint, self._count = endpoint, count
        self._threads = ChatThreads(endpoint.timeout_s)
        self._kept = BoundedCache[str](MOST_KEPT_BYTES)

    async def word(self, bundle: LoadedBundle, reasons: Reasons, language: str) -> Worded:
        """The reasons with the model's texts where it gave good ones in time."""
        told = [[tell_reason(bundle, item_id, reason) for reason in own] for item_id, own in reasons]
        texts: dict[str, str] = {}
        missing: dict[str, Told] = {}
        for each in (each for own in told for each in own):
            text = self._kept.get(self._key(each, language))
            if text is None:
                missing[each.content] = each
            else:
                texts[each.content] = text
        self._count(KEPT, len(texts))
        left = list(missing.values())
        portions = [left[start : start + PORTION] for start in range(0, len(left), PORTION)]
        for made in await asyncio.gather(*(self._ask(bundle, part, language) for part in portions)):
            texts |= made
        worded = tuple(
            tuple(
                replace(reason, text=texts.get(each.content) or reason.text)
                for each, reason in zip(row, own, strict=True)
            )
            for row, (_, own) in zip(told, reasons, strict=True)
        )
        complete = all(texts.get(each.content) for row in told for each in row)
        return Worded(worded, () if complete else (TEMPLATE,))

    def close(self) -> None:
        """Wait for no call."""
        self._threads.close()

    async def _ask(self, bundle: LoadedBundle, part: Sequence[Told], language: str) -> dict[str, str]:
        """Content -> text of a portion; "" for a refused one, nothing of a portion without an answer in time."""
        try:
            checked = await self._threads.run(lambda: self._write(bundle, part, language))
        except ChatError:
            self._count(FAILED, len(part))
            return {}
        refused = sum(not text for text in checked)
        self._count(WRITTEN, len(checked) - refused)
        self._count(REFUSED, refused)
        return {each.content: text for each, text in zip(part, checked, strict=True)}

    def _write(self, bundle: LoadedBundle, part: Sequence[Told], language: str) -> list[str]:
        """The checked texts of a portion, "" for a refused one; blocks."""
        words = f"[{', '.join(each.content for each in part)}]"
        question = Question(INSTRUCTIONS.format(language=language), words, "reasons", texts_schema(len(part)))
        texts = ask_texts(self._endpoint, question, len(part))
        names = name_catalogue(bundle)
        checked = []
        for each, text in zip(part, texts, strict=True):
            line = " ".join(text.split())
            good = (
                len(line) <= MOST_CHARACTERS and find_unsupported(line, each.facts, names, language) is None
            )
            checked.append(line if good else "")
            key = self._key(each, language)
            self._kept.put(key, checked[-1], ENTRY_BYTES + 4 * len(checked[-1]))
        return checked

    def _key(self, told: Told, language: str) -> bytes:
        return hashlib.sha256(f"{language}\n{told.content}".encode()).digest()


def open_reason_writer(settings: Settings, count: Count) -> ReasonWriter | None:
    """The writer of the settings; None where reasons keep their templates."""
    endpoint = read_endpoint(settings)
    return None if endpoint is None or not settings.chat_reasons else ReasonWriter(endpoint, count)
