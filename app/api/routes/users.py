"""Users by id: show what is stored, put the profile, merge, erase."""

from fastapi import Request, Response

from app.access.audit import describe_user
from app.api.audited_route import note_act
from app.api.dependencies import CallersTenant, Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.attributes import to_user
from app.api.mapping.ignored_inputs import name_ignored_of_profile
from app.api.mapping.users import profile_answer, remains_answer, user_answer
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.routes.paths import MERGE, USER, UserId
from app.api.schemas.users import (
    ErasureAnswer,
    MergeAnswer,
    MergeRequest,
    UserAnswer,
    UserPutAnswer,
    UserRequest,
)
from app.errors import InvalidRequestError, NotFoundError
from app.state.protocol import UnmarkedErasureError
from app.store_errors import ErasureNotNotedError

router = make_guarded_router("users")


@router.head(USER, include_in_schema=False)
@router.get(USER, response_model=UserAnswer, responses=error_answers(401, 404, 422, 429, 503))
async def get_user(user_id: UserId, tenant: CallersTenant) -> Response:
    """All that is known of a user: profile, stored events, and the events of the bundle's training history."""
    export = await tenant.export_user(user_id)
    stored = export.stored
    if stored.state.profile is None and not stored.state.events and stored.merged_into is None:
        raise NotFoundError("expected a user with a profile or events, given an unknown one", "user_id")
    return json_response(user_answer(user_id, export))


@router.put(USER, response_model=UserPutAnswer, responses=error_answers(*BODY_ERRORS))
async def put_user(body: Json[UserRequest], user_id: UserId, tenant: CallersTenant) -> Response:
    """Replace the user's profile and stated interests. The next answer uses them."""
    user = to_user(tenant.bundle.spec.user_fields, user_id, body)
    await tenant.store.put_profile(user)
    answer = {"user_id": user_id, "profile": profile_answer(user)}
    ignored = name_ignored_of_profile(tenant.bundle, user)
    return json_response({**answer, "ignored": ignored} if ignored else answer)


@router.post(MERGE, response_model=MergeAnswer, responses=error_answers(*BODY_ERRORS))
async def merge_users(
    body: Json[MergeRequest], user_id: UserId, tenant: CallersTenant, service: Serving, request: Request
) -> Response:
    """Move everything of another id to this user, such as that of a visitor who logs in. The other id is then empty."""
    if body.source == user_id:
        raise InvalidRequestError("expected another user's id, given that of the path", "from")
    names = service.settings.pseudonyms
    note_act(request, describe_user(user_id, names), source=describe_user(body.source, names))
    now = service.clock()
    moved = await tenant.merge_users(user_id, body.source, now)
    return json_response({"user_id": user_id, "from": body.source, "merged_at": now, "moved": moved})


@router.delete(USER, response_model=ErasureAnswer, responses=error_answers(401, 413, 422, 429, 503))
async def erase_user(user_id: UserId, tenant: CallersTenant, service: Serving, request: Request) -> Response:
    """Erase all that is stored of a user, and ignore their training history from now on.

    A user without stored data is erased too: their training history is ignored all the same.
    """
    now, is_known = service.clock(), service.runtime.may_know(tenant, user_id)
    subject = describe_user(user_id, service.settings.pseudonyms)
    note_act(request, subject)
    try:
        receipt = await tenant.receipts.erase(user_id, now, is_known, tenant.model_version)
    except UnmarkedErasureError as error:
        raise ErasureNotNotedError(
            "All that was stored is deleted, but the erasure could not be noted: send it again"
        ) from error
    note_act(request, subject, receipt=receipt.receipt_id, **receipt.deleted)
    return json_response(
        {
            "user_id": user_id,
            "erased_at": now,
            "deleted": receipt.deleted,
            "receipt": receipt.receipt_id,
            "remains": remains_answer(tenant.store.erasure_delay_s, is_known),
        }
    )
