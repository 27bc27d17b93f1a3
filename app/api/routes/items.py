"""Items by id: show, put, patch, delete."""

from fastapi import Request, Response

from app.api.audited_route import note_act
from app.api.dependencies import CallersTenant, Serving
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
from app.tenant import Tenant

router = make_guarded_router("items")


@router.head(ITEM, include_in_schema=False)
@router.get(ITEM, response_model=ItemShown, responses=error_answers(401, 404, 422, 429, 503))
async def get_item(item_id: ItemId, tenant: CallersTenant) -> Response:
    """An item as it is now in effect: that of the bundle with later patches, or the one that was put."""
    return await show_item(tenant, item_id)


async def show_item(tenant: Tenant, item_id: str) -> Response:
    """The answer about an item."""
    change = await tenant.store.item(item_id)
    await _refresh(tenant)
    return json_response(item_answer(tenant.bundle, item_id, change))


@router.put(ITEM, response_model=ItemAnswer, responses=error_answers(*BODY_ERRORS))
async def put_item(
    body: Json[ItemRequest], item_id: ItemId, tenant: CallersTenant, service: Serving
) -> Response:
    """Put an item, in place of the one before. It is searchable when this answers."""
    item = to_item(tenant.bundle.spec.item_fields, item_id, body)
    await tenant.prepare_items([item])
    version = await tenant.store.put_item(item, service.clock())
    await tenant.refresh_catalogue(version)
    return json_response(stored_item_answer(tenant.bundle.catalogue, item_id, version))


@router.patch(ITEM, response_model=ItemAnswer, responses=error_answers(*BODY_ERRORS, 404))
async def patch_item(
    body: Json[ItemPatchRequest], item_id: ItemId, tenant: CallersTenant, service: Serving
) -> Response:
    """Change some fields of an item of the catalogue. The next answer uses them."""
    await _check_known(tenant, item_id)
    patch = to_patch(tenant.bundle.spec.item_fields, item_id, body)
    await tenant.prepare_patch(patch)
    try:
        version = await tenant.store.patch_item(patch, service.clock())
    except ItemDeletedError as error:  # meanwhile
        raise UnknownItemError(item_id) from error
    await tenant.refresh_catalogue(version)
    return json_response(stored_item_answer(tenant.bundle.catalogue, item_id, version))


@router.delete(ITEM, response_model=ItemDeletion, responses=error_answers(401, 404, 413, 422, 429, 503))
async def delete_item(item_id: ItemId, tenant: CallersTenant, request: Request) -> Response:
    """Delete an item. No later answer contains it."""
    note_act(request, f"item:{item_id}")
    await _check_known(tenant, item_id)
    version = await tenant.store.delete_item(item_id)
    await tenant.refresh_catalogue(version)
    return json_response({"item_id": item_id, "deleted": True, "catalogue_version": version})


async def _refresh(tenant: Tenant) -> None:
    """Bring the catalogue to the store's version. Raises StateUnavailableError."""
    await tenant.refresh_catalogue(await tenant.store.catalogue_version())


async def _check_known(tenant: Tenant, item_id: str) -> None:
    """Raises UnknownItemError for an item that the tenant's catalogue lacks."""
    await _refresh(tenant)
    if item_id not in tenant.bundle.catalogue:
        raise UnknownItemError(item_id)
