"""Golden requests: what the offline network answers, for the service to prove that it answers the same."""

from dataclasses import replace

import numpy as np
import torch

from models.contract.arrays import Indices
from models.contract.records import EventRecord, GoldenRequest, GoldenRequests, from_user
from models.contract.tasks import NEXT
from models.data.dataset import Dataset
from models.data.interactions import columns_at
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
    item_ids = [item.item_id for item in dataset.items]
    found: list[GoldenRequest] = []
    for moments in predictor.encode_moments(chosen):
        fixed = replace(moments, snapshot=torch.full_like(moments.snapshot, snapshot))
        items = random.permuted(np.tile(np.arange(len(dataset.items)), (len(chosen), 1)), axis=1)[:, :ITEMS]
        logits = {NEXT: np.take_along_axis(predictor.next_logits(fixed), items, axis=1)[..., None]}
        logits |= predictor.head_logits(fixed, items)
        for number, row in enumerate(moments.rows.tolist()):
            user = int(np.searchsorted(predictor.corpus.offsets, row, side="right") - 1)
            rows_before = predictor.corpus.log_rows[int(predictor.corpus.offsets[user]) : row]
            before = columns_at(dataset.interactions, rows_before, np.array([0, len(rows_before)]))
            log_row = int(predictor.corpus.log_rows[row])
            found.append(
                GoldenRequest(
                    profile=from_user(dataset.users[user]),
                    events=tuple(
                        EventRecord(item_id=e.item_id, action=e.action, timestamp=e.timestamp, value=e.value)
                        for e in before.events(0, item_ids)
                    ),
                    now=float(dataset.interactions.times[log_row]),
                    context=_context(dataset, log_row),
                    item_ids=tuple(dataset.items[item].item_id for item in items[number].tolist()),
                    logits={
                        name: tuple(map(tuple, value[number].tolist())) for name, value in logits.items()
                    },
                )
            )
    return GoldenRequests(tolerance=TOLERANCE, requests=tuple(found))


def _context(dataset: Dataset, row: int) -> dict[str, str]:
    """The context columns of one row of the log, empty cells left out."""
    cells = {name: (names, int(codes[row])) for name, (names, codes) in dataset.interactions.contexts.items()}
    return {name: names[code] for name, (names, code) in cells.items() if code >= 0}
