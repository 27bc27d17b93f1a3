"""Fetch the text vectors of requests from an embeddings endpoint before the compute thread, within a time limit."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts, RemoteTexts
from app.pipeline.query.text_query import list_texts
from models.contract.arrays import Floats
from models.contract.catalogue import UserState
from models.language.plan import Plan
from models.language.protocol import TextEncoderUnavailableError, clean_text

LOG = logging.getLogger("chorus.texts")

Words = tuple[Plan, UserState]
"""The plan of a request, and its user."""


async def fetch_words(bundle: LoadedBundle, words: Sequence[Words]) -> LoadedBundle:
    """The bundle with the vectors of these requests' texts, so that nothing after it waits for the network.

    An encoder of this machine needs none of it, nor do requests without texts: the bundle is returned as it is, with
    its kept encodings. Without an answer in time the
    texts have no effect, which the answers say (app.pipeline.query.text_query.unread_texts).
    """
    encoder = bundle.text_encoder
    if not isinstance(encoder, RemoteTexts):
        return bundle
    texts = {
        clean_text(text)
        for plan, state in words
        for text in list_texts(bundle, plan, state.profile, state.events)
    }
    texts.discard("")
    if not texts:
        return bundle
    vectors = await _fetch(encoder, sorted(texts))
    return replace(bundle, text_encoder=FetchedTexts(encoder.name, encoder.size, vectors))


async def _fetch(encoder: RemoteTexts, texts: Sequence[str]) -> dict[str, Floats]:
    """The vectors of texts; of those in memory alone if the endpoint does not answer in time."""
    found = encoder.recall(texts)
    if len(found) == len(texts) or encoder.is_resting:
        return found
    work = asyncio.get_running_loop().run_in_executor(encoder.threads, encoder.encode, texts)
    try:
        async with asyncio.timeout(encoder.limit_s):
            return dict(zip(texts, await work, strict=True))
    except TimeoutError:
        encoder.rest()
        reason = f"no answer within {encoder.limit_s:g} s"
    except TextEncoderUnavailableError as error:
        reason = str(error)
    LOG.warning(
        "texts not read", extra={"fields": {"encoder": encoder.name, "texts": len(texts), "reason": reason}}
    )
    return found
