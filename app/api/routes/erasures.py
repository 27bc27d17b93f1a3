"""GET /v1/erasures/{receipt}: where an erasure stands."""

import re
from typing import Annotated

from fastapi import Path, Response

from app.api.dependencies import CallersTenant
from app.api.guarded_route import make_guarded_router
from app.api.mapping.users import erasure_answer
from app.api.openapi import error_answers
from app.api.responses import json_response
from app.api.schemas.users import ErasureStatus
from app.errors import NotFoundError

router = make_guarded_router("users")

PATH = "/erasures/{receipt}"
RECEIPT = re.compile(r"[0-9a-f]{32}", re.ASCII)
ReceiptId = Annotated[str, Path(description="the receipt of DELETE /v1/users/{user_id}")]


@router.head(PATH, include_in_schema=False)
@router.get(PATH, response_model=ErasureStatus, responses=error_answers(401, 404, 422, 429, 503))
async def get_erasure(receipt: ReceiptId, tenant: CallersTenant) -> Response:
    """When a user was erased, what was deleted, and which bundle was the first one without the user."""
    bundle = tenant.bundle
    version = bundle.manifest.model_version
    is_one = RECEIPT.fullmatch(receipt) is not None
    found = await tenant.receipts.find(receipt, bundle.known_users, version) if is_one else None
    if found is None:
        raise NotFoundError("expected the receipt of an erasure, given none of this service", "receipt")
    is_known = await tenant.receipts.knows(found, bundle.known_users)
    return json_response(erasure_answer(found, version, is_known, tenant.store.erasure_delay_s))
