"""Items by id: show, put, patch, delete."""

from fastapi import Request, Response

from app.api.audited_route import note_act
from app.api.dependencies import Service, Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.attributes import to_item, to_patch
from app.api.mapping.items import item_answer, stored_item_answer
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.paths import ITEM, ItemId
from app.api.schemas.items import ItemAnswer, ItemDeletion, ItemPatchRequest, ItemRequest, ItemShown
from app.pipeline.similar import UnknownItemError
from app.state.protocol import ItemDeletedError

router = make_guarded_router("items")


@router.head(ITEM, include_in_schema=False)
@router.get(ITEM, response_model=ItemShown, responses=error_answers(401, 404, 422, 429, 503))
async def get_item(item_id: ItemId, service: Serving) -> Response:
    """An item as it is now in effect: that of the bundle with later patches, or the one that was put."""
    return await show_item(service, item_id)


async def show_item(service: Service, item_id: str) -> Response:
    """The answer about an item."""
    change = await service.runtime.store.item(item_id)
    await _refresh(service)
    return json_response(item_answer(service.runtime.bundle, item_id, change))


@router.put(ITEM, response_model=ItemAnswer, responses=error_answers(*BODY_ERRORS))
async def put_item(body: Json[ItemRequest], item_id: ItemId, service: Serving) -> Response:
    """Put an item, in place of the one before. It is searchable when this answers."""
    runtime = service.runtime
    item = to_item(runtime.bundle.spec.item_fields, item_id, body)
    version = await runtime.store.put_item(item, service.clock())
    await runtime.refresh_catalogue(version)
    return json_response(stored_item_answer(runtime.bundle.catalogue, item_id, version))


@router.patch(ITEM, response_model=ItemAnswer, responses=error_answers(*BODY_ERRORS, 404))
async def patch_item(body: Json[ItemPatchRequest], item_id: ItemId, service: Serving) -> Response:
    """Change some fields of an item of the catalogue. The next answer uses them."""
    runtime = service.runtime
    await _check_known(service, item_id)
    patch = to_patch(runtime.bundle.spec.item_fields, item_id, body)
    try:
        version = await runtime.store.patch_item(patch, service.clock())
    except ItemDeletedError as error:  # meanwhile
        raise UnknownItemError(item_id) from error
    await runtime.refresh_catalogue(version)
    return json_response(stored_item_answer(runtime.bundle.catalogue, item_id, version))


@router.delete(ITEM, response_model=ItemDeletion, responses=error_answers(401, 404, 413, 422, 429, 503))
async def delete_item(item_id: ItemId, service: Serving, request: Request) -> Response:
    """Delete an item. No later answer contains it."""
    note_act(request, f"item:{item_id}")
    runtime = service.runtime
    await _check_known(service, item_id)
    version = await runtime.store.delete_item(item_id)
    await runtime.refresh_catalogue(version)
    return json_response({"item_id": item_id, "deleted": True, "catalogue_version": version})


async def _refresh(service: Service) -> None:
    """Bring the catalogue to the store's version. Raises StateUnavailableError."""
    await service.runtime.refresh_catalogue(await service.runtime.store.catalogue_version())


async def _check_known(service: Service, item_id: str) -> None:
    """Raises UnknownItemError for an item that the current catalogue lacks."""
    await _refresh(service)
    if item_id not in service.runtime.bundle.catalogue:
        raise UnknownItemError(item_id)
