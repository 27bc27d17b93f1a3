"""Answer a request once more after its answer was sent, by the variant of a shadow, and compare the two lists."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.api.dependencies import Service
from app.api.mapping.new_places import keep_places
from app.api.mapping.query import build_query
from app.api.mapping.variants import Choice
from app.api.page_reading import Asked
from app.compute_queue import Patience
from app.errors import BadBundleError
from app.experiments.shadow import SentList, ShadowSums, UnseenList, compare_lists
from app.pipeline import recommend as pipeline
from app.pipeline.types import Query, Slate
from app.shadow_log import Shadow
from app.tenant import Tenant
from app.text_fetching import fetch_words

PATIENCE_S = 0.2
"""How long a list that nobody sees waits for a compute thread: where answers wait, it is dropped."""


def offer_shadow(
    tenant: Tenant, service: Service, asked: Asked, slate: Slate, answer: Mapping[str, Any]
) -> None:
    """Let the list of a request's shadow be computed later, if it has one."""
    choice = asked.shadow
    if choice is None or choice.arm is None:
        return
    scored = [item for item in answer["items"] if "score" in item]
    sent = SentList(
        tuple(item["item_id"] for item in scored),
        tuple(float(item["score"]) for item in scored),
        _sum_seconds(slate),
    )

    async def compare() -> ShadowSums:
        return compare_lists(sent, await _answer_unseen(tenant, service, asked, choice))

    service.shadows.offer(Shadow(tenant.store, choice.arm, compare))


async def _answer_unseen(tenant: Tenant, service: Service, asked: Asked, choice: Choice) -> UnseenList:
    """The list by a variant's bundle, at the moment of the answer, without reasons and without exploration."""
    by = service.runtime.bundle_for(tenant, choice.variant)
    if by is None:
        raise BadBundleError("expected the bundle of the variant in memory, given none")
    state, _degraded = await by.read_user(asked.page.request.user_id)
    stated = choice.apply(asked.page, by.bundle, explores=False)
    page = replace(stated, request=stated.request.model_copy(update={"exploration": None}))
    query = build_query(by.bundle, page, state, asked.query.now, asked.taken.kept)
    query = keep_places(query, stated, by.bundle, service.settings.new_items)
    bundle = await fetch_words(by.bundle, [(query.plan, query.state)])
    unseen: Query = replace(query, explain=False)
    queue = service.load.queue
    slate = await queue.run(
        "shadow",
        lambda: pipeline.recommend(bundle, unseen),
        Patience(queue.clock() + PATIENCE_S, _stays),
    )
    rows, scores = slate.scored.candidates.rows.tolist(), slate.scored.score.tolist()
    names = [bundle.catalogue.ids[row] for row in rows]
    return UnseenList(
        tuple(names[position] for position in slate.order.tolist()),
        dict(zip(names, scores, strict=True)),
        _sum_seconds(slate),
    )


async def _stays() -> bool:
    """Nobody waits who could leave."""
    return False


def _sum_seconds(slate: Slate) -> float:
    return sum(slate.took_ms.values()) / 1000
