"""Users by name: what is stored, the profile, the erasure."""

import uuid

from fastapi import Request, Response

from app.api.dependencies import Serving, guarded_router
from app.api.mapping.attributes import check_attributes
from app.api.mapping.interactions import plain_event
from app.api.openapi import answers, body_of
from app.api.responses import json_response, read_body
from app.api.routes.paths import USER, UserName
from app.api.schemas.record_answers import ErasureAnswer, UserAnswer, UserPutAnswer
from app.api.schemas.records import UserRequest
from app.errors import NotFoundError, UnavailableError
from models.contract.catalogue import User

router = guarded_router("users")


@router.head(USER, include_in_schema=False)
@router.get(USER, responses=answers(UserAnswer, 401, 404, 422, 429, 503))
async def user(user_id: UserName, serving: Serving) -> Response:
    """All that is known of a user: profile, stored events, and those of the bundle's training history."""
    state, degraded = await serving.runtime.read_user(user_id)
    if degraded:
        raise UnavailableError("expected the state store to answer, given nothing")
    if state.profile is None and not state.events:
        raise NotFoundError("expected a user with a profile or events, given an unknown one", "user_id")
    profile = state.profile
    return json_response(
        {
            "user_id": user_id,
            "profile": profile and {"attributes": dict(profile.attributes), "interests": profile.interests},
            "events": [plain_event(event) for event in state.events],
            "past_item_ids": sorted(state.past_items),
        }
    )


@router.put(
    USER, openapi_extra=body_of(UserRequest), responses=answers(UserPutAnswer, 401, 413, 422, 429, 503)
)
async def put_user(request: Request, user_id: UserName, serving: Serving) -> Response:
    """Replace the user's profile and stated interests; the next answer knows them."""
    body = await read_body(request, UserRequest, serving.settings.body_timeout_s)
    check_attributes(serving.runtime.bundle.spec.user_fields, body.attributes)
    await serving.runtime.store.put_profile(User(user_id, body.attributes, body.interests))
    return json_response(
        {
            "user_id": user_id,
            "profile": {"attributes": body.attributes, "interests": body.interests},
        }
    )


@router.delete(USER, responses=answers(ErasureAnswer, 401, 422, 429, 503))
async def erased(user_id: UserName, serving: Serving) -> Response:
    """Erase all that is stored of a user, and leave out their training history from now on.

    Also for a user of whom nothing is stored: the promise for the future still counts.
    """
    now = serving.clock()
    runtime = serving.runtime
    counts = await runtime.store.erase(user_id, now, lasting=runtime.may_know(user_id))
    return json_response(
        {"user_id": user_id, "erased_at": now, "deleted": counts, "receipt": uuid.uuid4().hex}
    )
