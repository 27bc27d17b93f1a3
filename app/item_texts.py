"""The text vectors of changed items from an embeddings endpoint, which no request for a list waits for."""

import asyncio
import logging
from collections.abc import Sequence

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import RemoteTexts
from app.item_changes import fit_item
from models.contract.arrays import Floats
from models.contract.catalogue import Item
from models.contract.features import item_text
from models.language.protocol import TextEncoderUnavailableError, clean_text

LOG = logging.getLogger("chorus.items")

BATCH = 64
"""Texts asked for at once: a failure loses no more than these."""


async def fetch_item_texts(bundle: LoadedBundle, items: Sequence[Item]) -> dict[str, Floats]:
    """The vectors of the items' texts, by text; without an answer of the endpoint of those in memory alone.

    Empty for an encoder of this machine, which needs no network.
    """
    encoder = bundle.text_encoder
    if not isinstance(encoder, RemoteTexts) or not items:
        return {}
    texts = {clean_text(item_text(bundle.spec, fit_item(bundle.spec, item))) for item in items}
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(encoder.item_threads, _read, encoder, sorted(texts - {""}))


def _read(encoder: RemoteTexts, texts: Sequence[str]) -> dict[str, Floats]:
    vectors = encoder.recall(texts)
    missing = [text for text in texts if text not in vectors]
    try:
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            vectors.update(zip(batch, encoder.encode(batch), strict=True))
    except TextEncoderUnavailableError as error:
        fields = {"encoder": encoder.name, "items": len(missing), "reason": str(error)}
        LOG.warning("items placed without their texts until the encoder answers", extra={"fields": fields})
    return vectors


def list_unread(bundle: LoadedBundle) -> list[Item]:
    """The items that wait for their text vectors."""
    rows = (bundle.catalogue.row(item_id) for item_id in sorted(bundle.unread_items))
    return [bundle.catalogue.item(row) for row in rows if row is not None]
