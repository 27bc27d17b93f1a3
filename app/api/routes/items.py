"""Items by name: similar ones, put, deleted."""

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.dependencies import Serving, guarded_router
from app.api.mapping.attributes import to_item
from app.api.openapi import answers, body_of
from app.api.responses import json_response, read_body
from app.api.routes.paths import ITEM, SIMILAR, ItemName
from app.api.schemas.record_answers import ItemAnswer, ItemDeletion, SimilarAnswer
from app.api.schemas.records import ItemRequest
from app.errors import NotFoundError
from app.pipeline.similar import find_similar_items

router = guarded_router("items")


class SimilarQuery(BaseModel):
    """The query string of a question for similar items."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=100)] = 10


@router.head(SIMILAR, include_in_schema=False)
@router.get(SIMILAR, responses=answers(SimilarAnswer, 401, 404, 422, 429))
async def similar_items(
    item_id: ItemName, query: Annotated[SimilarQuery, Query()], serving: Serving
) -> Response:
    """The items most like one."""
    await serving.runtime.read_user(None)  # brings the catalogue up to date where the store answers
    bundle = serving.runtime.bundle
    found = await serving.compute(lambda: find_similar_items(bundle, item_id, query.limit))
    return json_response(
        {
            "item_id": item_id,
            "model_version": bundle.manifest.model_version,
            "items": [{"item_id": name, "similarity": likeness} for name, likeness in found],
        }
    )


@router.put(ITEM, openapi_extra=body_of(ItemRequest), responses=answers(ItemAnswer, 401, 413, 422, 429, 503))
async def put(request: Request, item_id: ItemName, serving: Serving) -> Response:
    """Put an item: it is searchable when this answers."""
    body = await read_body(request, ItemRequest, serving.settings.body_timeout_s)
    item = to_item(serving.runtime.bundle.spec.item_fields, item_id, body)
    version = await serving.runtime.store.put_item(item)
    await serving.runtime.refresh_catalogue(version)
    return json_response({"item_id": item_id, "available": item.available, "catalogue_version": version})


@router.delete(ITEM, responses=answers(ItemDeletion, 401, 404, 422, 429, 503))
async def deleted(item_id: ItemName, serving: Serving) -> Response:
    """Delete an item: no answer holds it any more."""
    runtime = serving.runtime
    await runtime.refresh_catalogue(await runtime.store.catalogue_version())
    if item_id not in runtime.bundle.catalogue:
        raise NotFoundError("expected an item of the catalogue, given an unknown one", "item_id")
    version = await runtime.store.delete_item(item_id)
    await runtime.refresh_catalogue(version)
    return json_response({"item_id": item_id, "deleted": True, "catalogue_version": version})
