"""Golden requests: what the offline network answers, for the service to prove that it answers the same."""

from dataclasses import replace

import numpy as np
import torch

from models.contract.arrays import Indices
from models.contract.records import EventRecord, GoldenRequest, GoldenRequests, from_user
from models.contract.tasks import NEXT
from models.data.dataset import Dataset, events_of
from models.evaluation.inference import CorpusPredictor

REQUESTS = 12
ITEMS = 20
TOLERANCE = 2e-3
"""Logits may differ by rounding: padded batches offline, one user at a time online."""


def golden_requests(
    predictor: CorpusPredictor, dataset: Dataset, rows: Indices, snapshot: int, seed: int
) -> GoldenRequests:
    """Requests at the moments just before some of the events at `rows`, spread over short and long histories.

    `snapshot` is the row of the statistics that the bundle carries: its moments must all use that one.
    """
    random = np.random.default_rng(seed)
    chosen = np.sort(random.permutation(rows)[:REQUESTS])
    events = events_of(dataset.interactions, dataset)
    found: list[GoldenRequest] = []
    for moments in predictor.encode_moments(chosen):
        fixed = replace(moments, snapshot=torch.full_like(moments.snapshot, snapshot))
        items = random.permuted(np.tile(np.arange(len(dataset.items)), (len(chosen), 1)), axis=1)[:, :ITEMS]
        logits = {NEXT: np.take_along_axis(predictor.next_logits(fixed), items, axis=1)[..., None]}
        logits |= predictor.head_logits(fixed, items)
        for number, row in enumerate(moments.rows.tolist()):
            user = int(np.searchsorted(predictor.corpus.offsets, row, side="right") - 1)
            before = row - int(predictor.corpus.offsets[user])
            event = events[user][before]
            found.append(
                GoldenRequest(
                    profile=from_user(dataset.users[user]),
                    events=tuple(
                        EventRecord(item_id=e.item_id, action=e.action, timestamp=e.timestamp, value=e.value)
                        for e in events[user][:before]
                    ),
                    now=float(dataset.interactions.times[predictor.corpus.log_rows[row]]),
                    context=dict(event.context),
                    item_ids=tuple(dataset.items[item].item_id for item in items[number].tolist()),
                    logits={
                        name: tuple(map(tuple, value[number].tolist())) for name, value in logits.items()
                    },
                )
            )
    return GoldenRequests(tolerance=TOLERANCE, requests=tuple(found))
