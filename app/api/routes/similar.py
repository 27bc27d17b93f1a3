"""Similar items: to one item, and to several for a user."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request, Response

from app.api.dependencies import CallersTenant, Threads
from app.api.guarded_route import make_guarded_router
from app.api.mapping.filters import parse_filter
from app.api.mapping.query import check_filter
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.items import show_item
from app.api.routes.paths import SIMILAR, SIMILAR_ENDING, ItemId, is_literal
from app.api.schemas.similar import SimilarAnswer, SimilarQuery, SimilarRequest, SimilarToAllAnswer
from app.pipeline.similar import UnknownItemError, allow_rows, find_similar_items, find_similar_to_all
from models.contract.roles import seen_items

router = make_guarded_router("items")


@router.head(SIMILAR, include_in_schema=False)
@router.get(SIMILAR, response_model=SimilarAnswer, responses=error_answers(401, 404, 422, 429, 503))
async def find_similar(
    item_id: ItemId,
    query: Annotated[SimilarQuery, Query()],
    tenant: CallersTenant,
    threads: Threads,
    request: Request,
) -> Response:
    """The items most similar to one item."""
    if not is_literal(request, SIMILAR_ENDING):
        return await show_item(tenant, item_id + SIMILAR_ENDING)
    await tenant.read_user(None)  # updates the catalogue if the store answers
    bundle = tenant.bundle
    items = await threads.run("similar", lambda: find_similar_items(bundle, item_id, query.limit))
    return json_response(
        {"item_id": item_id, "model_version": bundle.manifest.model_version, "items": _list_items(items)}
    )


@router.post("/items/similar", response_model=SimilarToAllAnswer, responses=error_answers(*BODY_ERRORS, 404))
async def find_similar_to_several(
    body: Json[SimilarRequest], tenant: CallersTenant, threads: Threads
) -> Response:
    """The items most similar to all given ones together. 404 if the catalogue has none of these."""
    state, degraded = await tenant.read_user(body.user_id)
    bundle = tenant.bundle
    condition = None if body.filter is None else parse_filter(body.filter, bundle.spec.hierarchies)
    if condition is not None:
        check_filter(bundle.spec, condition)
    known = [item_id for item_id in body.item_ids if item_id in bundle.catalogue]
    if not known:
        raise UnknownItemError(body.item_ids[0])
    seen = seen_items(state, bundle.spec.roles)
    items = await threads.run(
        "similar", lambda: find_similar_to_all(bundle, known, body.limit, allow_rows(bundle, condition, seen))
    )
    unknown = [item_id for item_id in body.item_ids if item_id not in set(known)]
    return json_response(
        {
            "model_version": bundle.manifest.model_version,
            "items": _list_items(items),
            "unknown": unknown,
            "degraded": degraded,
        }
    )


def _list_items(items: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"item_id": item_id, "similarity": similarity} for item_id, similarity in items]
