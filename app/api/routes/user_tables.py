"""Many users at once."""

from fastapi import Request, Response

from app.api.audited_route import note_act
from app.api.dependencies import CallersTenant
from app.api.guarded_route import make_guarded_router
from app.api.mapping.attributes import to_user
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.rows import split_rows
from app.api.schemas.rows import StoredRowsAnswer
from app.api.schemas.user_tables import UserRow, UsersRequest
from models.contract.catalogue import User

router = make_guarded_router("users")


@router.post("/users", response_model=StoredRowsAnswer, responses=error_answers(*BODY_ERRORS))
async def post_users(body: Json[UsersRequest], tenant: CallersTenant, request: Request) -> Response:
    """Replace the profiles of many users. The next answers use them."""
    fields = tenant.bundle.spec.user_fields

    def convert(row: UserRow) -> User:
        return to_user(fields, row.user_id, row)

    _indices, users, rejected = split_rows(body.users, convert)
    note_act(request, "", accepted=len(users), rejected=len(rejected))
    if users:
        await tenant.store.put_profiles(users)
    return json_response({"accepted": len(users), "rejected": rejected})
