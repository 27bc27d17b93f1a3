"""The lists that the service answers to many users of a bundle, by the head `next` alone and without re-ranking."""

import time
from collections.abc import Sequence
from pathlib import Path

from app.batch.texts import fetch_texts
from app.bundle.bundle import LoadedBundle
from app.config import read_settings
from app.golden import open_and_check
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from app.threads import limit_threads
from models.contract.list_request import ListRequest
from models.contract.tasks import NEXT
from models.ranking.rerank import Diversity


def list_items(
    folder: Path, requests: Sequence[ListRequest], limit: int, now: float | None
) -> list[tuple[str, ...]]:
    """At most `limit` item ids for each request, best first.

    `now` is the moment of the requests in Unix seconds, None for the present. This is the request path of POST
    /v1/recommend, or of POST /v1/rank where a request names its items, called without HTTP. Raises BundleError.
    """
    limit_threads(1)
    settings = read_settings()
    bundle = open_and_check(folder, settings.candidates, settings.signing_key, retries=True)
    moment = time.time() if now is None else now
    bundle = fetch_texts(bundle, (bundle.known_users.state(request.user_id) for request in requests))
    return [answer_request(bundle, request, limit, moment) for request in requests]


def answer_request(bundle: LoadedBundle, request: ListRequest, limit: int, now: float) -> tuple[str, ...]:
    """One user's item ids, best first."""
    query = Query(
        state=bundle.known_users.state(request.user_id),
        now=now,
        limit=limit,
        context={},
        weights={NEXT: 1.0},
        diversity=Diversity("none"),
        excluded=request.excluded,
        item_ids=request.item_ids,
    )
    slate = recommend(bundle, query)
    rows = slate.scored.candidates.rows[slate.order]
    return tuple(bundle.catalogue.ids[row] for row in rows.tolist())
