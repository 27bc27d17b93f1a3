"""Items by id: find similar ones, put, delete."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.dependencies import Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.attributes import to_item
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.paths import ITEM, SIMILAR, ItemId
from app.api.schemas.items import ItemAnswer, ItemDeletion, ItemRequest, SimilarAnswer
from app.pipeline.similar import UnknownItemError, find_similar_items

router = make_guarded_router("items")


class SimilarQuery(BaseModel):
    """The query string of GET /v1/items/{item_id}/similar."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=100)] = 10


@router.head(SIMILAR, include_in_schema=False)
@router.get(SIMILAR, response_model=SimilarAnswer, responses=error_answers(401, 404, 422, 429, 503))
async def find_similar(
    item_id: ItemId, query: Annotated[SimilarQuery, Query()], service: Serving
) -> Response:
    """The items most similar to one item."""
    await service.runtime.read_user(None)  # updates the catalogue if the store answers
    bundle = service.runtime.bundle
    items = await service.compute(lambda: find_similar_items(bundle, item_id, query.limit))
    return json_response(
        {
            "item_id": item_id,
            "model_version": bundle.manifest.model_version,
            "items": [{"item_id": other_id, "similarity": similarity} for other_id, similarity in items],
        }
    )


@router.put(ITEM, response_model=ItemAnswer, responses=error_answers(*BODY_ERRORS))
async def put_item(body: Json[ItemRequest], item_id: ItemId, service: Serving) -> Response:
    """Put an item. It is searchable when this answers."""
    item = to_item(service.runtime.bundle.spec.item_fields, item_id, body)
    version = await service.runtime.store.put_item(item)
    await service.runtime.refresh_catalogue(version)
    return json_response({"item_id": item_id, "available": item.available, "catalogue_version": version})


@router.delete(ITEM, response_model=ItemDeletion, responses=error_answers(401, 404, 413, 422, 429, 503))
async def delete_item(item_id: ItemId, service: Serving) -> Response:
    """Delete an item. No later answer contains it."""
    runtime = service.runtime
    await runtime.refresh_catalogue(await runtime.store.catalogue_version())
    if item_id not in runtime.bundle.catalogue:
        raise UnknownItemError(item_id)
    version = await runtime.store.delete_item(item_id)
    await runtime.refresh_catalogue(version)
    return json_response({"item_id": item_id, "deleted": True, "catalogue_version": version})
