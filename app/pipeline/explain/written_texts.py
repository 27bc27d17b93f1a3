"""The text preferences of a user without some events, and so without the texts that the user wrote with those."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from app.bundle.bundle import LoadedBundle
from models.contract.arrays import Indices
from models.contract.catalogue import UserState
from models.contract.features import newest_texts, user_text
from models.contract.written_texts import add_newest
from models.language.text_preference import TextPreferences


def leave_out_texts(
    bundle: LoadedBundle, state: UserState, texts: TextPreferences, left_out: Sequence[Indices]
) -> list[TextPreferences]:
    """`texts`, M times: each without what the user wrote with the events of one of M sets of catalogue rows.

    An older text takes the place of one that is left out, where the encoder needs no network for it.
    """
    if not newest_texts(bundle.spec, state.events):
        return [texts] * len(left_out)
    encode = cache(bundle.encode_text)
    stated = encode(user_text(bundle.spec, state.profile))
    profile = np.zeros_like(texts.profile) if stated is None else stated
    rows = bundle.rows([event.item_id for event in state.events])
    kept = [
        [event for event, stays in zip(state.events, ~np.isin(rows, items), strict=True) if stays]
        for items in left_out
    ]
    return [replace(texts, profile=add_newest(bundle.spec, profile, events, encode)) for events in kept]
