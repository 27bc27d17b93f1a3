"""Many items at once, and the list of changed items."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.api.audited_route import note_act
from app.api.dependencies import CallersTenant, Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.attributes import to_item
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.rows import split_rows
from app.api.schemas.item_tables import ItemListAnswer, ItemListQuery, ItemRow, ItemsRequest
from app.api.schemas.rows import StoredRowsAnswer
from app.errors import CatalogueFullError
from models.contract.catalogue import Item

router = make_guarded_router("items")


@router.head("/items", include_in_schema=False)
@router.get("/items", response_model=ItemListAnswer, responses=error_answers(401, 422, 429, 503))
async def list_items(query: Annotated[ItemListQuery, Query()], tenant: CallersTenant) -> Response:
    """The items that were put, patched or deleted. An item that changes meanwhile comes again at the end."""
    page = await tenant.store.list_items(int(query.cursor), query.limit)
    items = [
        {"item_id": change.item_id, "change": change.kind.value, "changed_at": change.changed_at}
        for change in page.changes
    ]
    latest = await tenant.store.catalogue_version()
    return json_response({"items": items, "cursor": str(page.version) if page.version < latest else None})


@router.post("/items", response_model=StoredRowsAnswer, responses=error_answers(*BODY_ERRORS))
async def post_items(
    body: Json[ItemsRequest], tenant: CallersTenant, service: Serving, request: Request
) -> Response:
    """Put many items, each in place of the one before. They are searchable when this answers."""
    fields = tenant.bundle.spec.item_fields

    def convert(row: ItemRow) -> Item:
        return to_item(fields, row.item_id, row)

    indices, items, rejected = split_rows(body.items, convert)
    await tenant.prepare_items(items)
    versions = await tenant.store.put_items(items, service.clock()) if items else []
    full = CatalogueFullError("No room for another item: the store is full").shape()
    rejected += [
        {"index": index, "error": full}
        for index, version in zip(indices, versions, strict=True)
        if version is None
    ]
    stored = [version for version in versions if version is not None]
    note_act(request, "", accepted=len(stored), rejected=len(rejected))
    if stored:
        await tenant.refresh_catalogue(max(stored))
    rejected.sort(key=lambda row: row["index"])
    return json_response({"accepted": len(stored), "rejected": rejected})
