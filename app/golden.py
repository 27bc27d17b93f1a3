"""The golden requests: what the offline network answered, and this service must answer too.

The third lock against training/serving skew, and the warm-up: a bundle that passes can serve.
"""

import time
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from app.bundle.bundle import UNUSABLE, LoadedBundle, load_bundle
from app.pipeline.encoding import encode_user
from app.pipeline.recommend import recommend
from app.pipeline.scoring.scoring import head_logits
from app.pipeline.types import Query
from models.contract.bundle import GOLDEN, BundleError
from models.contract.records import GoldenRequest, GoldenRequests
from models.ranking.rerank import Diversity

ITEM_TOLERANCE = 1e-2
"""Texts are encoded one at a time here, and in batches offline, which rounds differently."""


def open_and_check(folder: Path, candidates: int) -> LoadedBundle:
    """A bundle that has given its golden answers and a whole one; raises BundleError, and nothing else, if not."""
    bundle = load_bundle(folder, candidates)
    try:
        replay(bundle)
        warm_up(bundle)
    except UNUSABLE as error:
        raise BundleError(
            f"expected a bundle that can answer at {folder}, given {type(error).__name__}: {error}"
        ) from error
    return bundle


def warm_up(bundle: LoadedBundle) -> None:
    """One answer with everything in it; the language model loads on its first text.

    Raises BundleError where a score is not finite, and whatever a bundle's content can raise.
    """
    query = Query(
        state=bundle.known_users.state(next(iter(bundle.known_users.rows), "")),
        now=time.time(),
        limit=10,
        context={},
        weights=bundle.manifest.fusion.weights,
        diversity=Diversity(),
        text="warm up",
        explain=True,
    )
    slate = recommend(bundle, query)
    if not np.isfinite(slate.scored.score).all():
        raise BundleError("expected finite scores in the first answer, given others")


def replay(bundle: LoadedBundle) -> int:
    """Answer every golden request; returns how many, raises BundleError where a logit is off."""
    path: Path = bundle.folder / GOLDEN
    try:
        golden = GoldenRequests.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected golden requests at {path}, given {error}") from error
    for number, request in enumerate(golden.requests):
        _compare(bundle, number, request, golden.tolerance)
    for item_id in {item_id for request in golden.requests for item_id in request.item_ids[:1]}:
        _compare_item(bundle, item_id)
    return len(golden.requests)


def _compare_item(bundle: LoadedBundle, item_id: str) -> None:
    """An item put now, as it stands in the bundle, must land where the offline item tower placed it."""
    row = int(bundle.rows((item_id,))[0])
    again = bundle.item_row(bundle.catalogue.item(row))
    off = float(np.abs(again.vector - bundle.catalogue.vectors[row]).max())
    if not off <= ITEM_TOLERANCE:
        raise BundleError(
            f"expected item vectors as the offline item tower gave them within {ITEM_TOLERANCE}, "
            f"given a difference of {off:.3g}"
        )


def _compare(bundle: LoadedBundle, number: int, request: GoldenRequest, tolerance: float) -> None:
    encoded = encode_user(bundle, request.state())
    rows = bundle.rows(request.item_ids)
    if (rows < 0).any():
        raise BundleError(
            f"expected all items of golden request {number} in the catalogue, given some missing"
        )
    logits = head_logits(bundle, encoded, rows, request.context, request.now)
    for head, expected in request.logits.items():
        given = logits.get(head)
        if len({len(row) for row in expected}) > 1:
            raise BundleError(f"expected logits of one width for '{head}' in golden request {number}")
        wanted = np.array(expected, dtype=np.float32)
        if given is None or given.shape != wanted.shape or not np.isfinite(given).all():
            raise BundleError(f"expected finite logits {wanted.shape} of '{head}' in golden request {number}")
        off = float(np.abs(given - wanted).max(initial=0.0))
        if off > tolerance:
            raise BundleError(
                f"expected the offline logits of '{head}' in golden request {number} within {tolerance}, "
                f"given a difference of {off:.3g}"
            )
