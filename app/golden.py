"""Replay a bundle's golden requests: the service's logits must equal those of the offline network.

This is the third lock against training/serving skew, and the warm-up of a bundle.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from app.bundle.bundle import LoadedBundle
from app.bundle.collection_pause import paused_collections
from app.bundle.encoder_check import reads_words, without_words
from app.bundle.loading import load_bundle
from app.golden_search import check_text_search
from app.pipeline.encoding import encode_user
from app.pipeline.query.text_query import unread_texts
from app.pipeline.query.understand import compile_query
from app.pipeline.recommend import recommend
from app.pipeline.scoring.groups import Groups, group_logits
from app.pipeline.types import Query
from models.contract.arrays import Floats
from models.contract.bundle import GOLDEN, ITEMS, USER_VECTORS, BundleError
from models.contract.catalogue import UserState
from models.contract.manifest_seal import BundleKey
from models.contract.records import GoldenRequest, GoldenRequests
from models.contract.user_vector import BIAS_COLUMNS
from models.language.plan import NO_PLAN
from models.language.protocol import TextEncoderUnavailableError
from models.ranking.rerank import Diversity

COMPARED_USERS = 8
"""The number of known users whose vectors are compared, evenly spaced."""
USER_TOLERANCE = 2e-3
ITEM_TOLERANCE = 1e-2
"""Texts are encoded singly here and in batches offline, which rounds differently."""


def open_and_check(
    folder: Path,
    candidates: int,
    key: BundleKey | None = None,
    *,
    retries: bool = False,
    explain: bool = False,
) -> LoadedBundle:
    """Load a bundle, replay its golden requests and compute one answer; raises BundleError if any of it fails.

    See `load_bundle` for `key` and `retries`. With `explain`, as before a publication, the golden requests are
    answered with their reasons, too. A bundle that was replaced while it was loaded is refused.
    """
    with paused_collections():
        started = _identify(folder)
        bundle = load_bundle(folder, candidates, key, retries=retries)
        _check(bundle, started, explain=explain)
        return bundle


def _check(bundle: LoadedBundle, started: tuple[int, int] | None, *, explain: bool) -> None:
    """Check a loaded bundle, and that its folder is still the one of the start. Raises BundleError."""
    folder = bundle.folder
    try:
        check_text_search(bundle)
        if reads_words(bundle):
            replay(bundle, explain=explain)
            check_users(bundle)
            warm_up(bundle)
        else:
            check_without_words(without_words(bundle))
    except (TextEncoderUnavailableError, RuntimeError, MemoryError) as error:  # torch raises RuntimeError
        raise BundleError(
            f"expected a bundle that can answer at {folder}, given {type(error).__name__}: {error}"
        ) from error
    if _identify(folder) != started:
        raise BundleError(
            f"expected the bundle at {folder} to stay while it is loaded, given a newer one: load it again"
        )


def check_without_words(bundle: LoadedBundle) -> None:
    """Replay the golden requests without words, and compute one answer: all that can be checked without the encoder.

    Raises BundleError.
    """
    golden = read_golden(bundle)
    for number, request in enumerate(golden.requests):
        plan = replace(NO_PLAN, direction=request.query)
        state = request.state()
        if not unread_texts(bundle, plan, state.profile, state.events):
            _compare_logits(bundle, _request_name(number, request), request, golden.tolerance)
    warm_up(bundle)


def _identify(folder: Path) -> tuple[int, int] | None:
    """The identity of the folder itself, which another bundle at its path does not have; None without a folder."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def warm_up(bundle: LoadedBundle) -> None:
    """Compute one answer with every stage; the language model loads on its first text.

    Raises BundleError where a score is not finite, TextEncoderUnavailableError without the language model.
    """
    user = next(iter(bundle.known_users.rows), "")
    query = _make_query(bundle, bundle.known_users.state(user), time.time(), {}, "warm up")
    _check_answer(bundle, "the first answer", replace(query, explain=True))


def _make_query(
    bundle: LoadedBundle, state: UserState, now: float, context: Mapping[str, str], text: str
) -> Query:
    return Query(
        state=state,
        now=now,
        limit=10,
        context=context,
        weights=bundle.manifest.fusion.weights,
        diversity=Diversity(),
        plan=compile_query(bundle, text) if text else NO_PLAN,
    )


def _check_answer(bundle: LoadedBundle, name: str, query: Query) -> None:
    """Compute an answer through the whole pipeline; raises BundleError where a score is not finite."""
    slate = recommend(bundle, query)
    if not np.isfinite(slate.scored.score).all():
        raise BundleError(f"expected finite scores in {name}, given others")


def replay(bundle: LoadedBundle, *, explain: bool = True) -> int:
    """Replay every golden request; returns their number. Raises BundleError for a logit out of tolerance.

    Reasons take longer than the list: without `explain` they are left out.
    """
    golden = read_golden(bundle)
    for number, request in enumerate(golden.requests):
        name = _request_name(number, request)
        _compare_logits(bundle, name, request, golden.tolerance)
        query = _make_query(bundle, request.state(), request.now, request.context, request.query)
        _check_answer(bundle, name, replace(query, explain=explain))
    for item_id in {item_id for request in golden.requests for item_id in request.item_ids[:1]}:
        _compare_item(bundle, item_id)
    return len(golden.requests)


def read_golden(bundle: LoadedBundle) -> GoldenRequests:
    """The bundle's golden requests; raises BundleError."""
    path: Path = bundle.folder / GOLDEN
    try:
        return GoldenRequests.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected golden requests at {path}, given {error}") from error


def _request_name(number: int, request: GoldenRequest) -> str:
    return f"golden request {number}" + (f" ({request.name})" if request.name else "")


def check_users(bundle: LoadedBundle) -> None:
    """Compare vectors of known users, encoded from the bundle's histories, with the offline network's.

    Raises BundleError for a vector out of tolerance. A bundle without user vectors passes.
    """
    if USER_VECTORS not in bundle.manifest.files:
        return
    try:
        vectors = np.load(bundle.folder / USER_VECTORS, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BundleError(f"expected user vectors in {USER_VECTORS}, given {error}") from error
    user_ids = list(bundle.known_users.rows)
    if vectors.shape != (len(user_ids), bundle.dim + BIAS_COLUMNS):
        raise BundleError(
            f"expected {USER_VECTORS} of {(len(user_ids), bundle.dim + BIAS_COLUMNS)}, given {vectors.shape}"
        )
    for row in range(0, len(user_ids), max(len(user_ids) // COMPARED_USERS, 1)):
        state = bundle.known_users.state(user_ids[row])
        difference = float(np.abs(encode_user(bundle, state).vector - vectors[row]).max())
        if not difference <= USER_TOLERANCE:
            raise BundleError(
                f"expected the offline vector of user {row} within {USER_TOLERANCE}, "
                f"given a difference of {difference:.3g}"
            )


def _compare_item(bundle: LoadedBundle, item_id: str) -> None:
    """Raises BundleError unless an item of the bundle, encoded now, gets the vector of the offline item tower."""
    row = int(bundle.rows((item_id,))[0])
    try:
        vector = bundle.item_row(bundle.catalogue.item(row)).vector
    except ValueError as error:  # a vector of another length than in the features
        raise BundleError(f"expected items of the bundle's fields in {ITEMS}, given {error}") from error
    difference = float(np.abs(vector - bundle.catalogue.vectors[row]).max())
    if not difference <= ITEM_TOLERANCE:
        raise BundleError(
            f"expected item vectors as the offline item tower gave them within {ITEM_TOLERANCE}, "
            f"given a difference of {difference:.3g}"
        )


def _compare_logits(bundle: LoadedBundle, name: str, request: GoldenRequest, tolerance: float) -> None:
    """Raises BundleError unless the service's logits equal those of a golden request within `tolerance`."""
    logits = _compute_logits(bundle, name, request)
    for head, rows in request.logits.items():
        if len({len(row) for row in rows}) > 1:
            raise BundleError(f"expected logits of one width for '{head}' in {name}")
        expected, given = np.array(rows, dtype=np.float32), logits.get(head)
        if given is None or given.shape != expected.shape or not np.isfinite(given).all():
            raise BundleError(f"expected finite logits {expected.shape} of '{head}' in {name}")
        difference = float(np.abs(given - expected).max(initial=0.0))
        if not difference <= tolerance:
            raise BundleError(
                f"expected the offline logits of '{head}' in {name} within {tolerance}, "
                f"given a difference of {difference:.3g}"
            )


def _compute_logits(bundle: LoadedBundle, name: str, request: GoldenRequest) -> dict[str, Floats]:
    """Head -> the service's logits for a golden request."""
    rows = bundle.rows(request.item_ids)
    if (rows < 0).any():
        raise BundleError(f"expected all items of {name} in the catalogue, given some missing")
    if not np.isfinite([request.now, *(event.timestamp for event in request.events)]).all():
        raise BundleError(f"expected finite times in {name}, given others")
    zeros = np.zeros(len(rows), dtype=np.int64)  # one user, one moment
    groups = Groups(rows, zeros, zeros, [(request.context, request.now)], [len(rows)])
    return group_logits(bundle, [encode_user(bundle, request.state(), request.query, groups.at[0])], groups)
