"""Record what the audited routes did, after they did it."""

from collections.abc import Awaitable, Callable

from fastapi import Request, Response

from app.access.access import Access
from app.access.audit import OK, Act
from app.access.caller import Caller
from app.access.roles import find_rule
from app.api.api_keys import CALLER, PEER
from app.api.error_handlers import EXPECTED_ERRORS, convert_error
from app.api.responses import REQUEST_ID, route_template

NOTE = "chorus.audit"
"""Key of the scope with the subject and the details of an act, as the route noted them."""
FAILED = "internal"
"""The result of an act that ended with a bug, or with the service."""


def note_act(request: Request, subject: str, **detail: str | int) -> None:
    """Note for the audit what a request is about. A user is named by `describe_user`."""
    request.scope[NOTE] = (subject, detail)


async def record_act(
    request: Request, access: Access, handle: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Handle a request; if its route is audited, record it with its result."""
    action = find_rule(request.method, route_template(request.scope)).action
    if action is None:
        return await handle(request)
    result = FAILED
    try:
        response = await handle(request)
        result = OK
    except EXPECTED_ERRORS as error:
        result = convert_error(error).code
        raise
    finally:
        caller: Caller = request.scope[CALLER]
        subject, detail = request.scope.get(NOTE, ("", {}))
        who = f"peer:{request.scope[PEER]}" if caller.key_id is None else f"key:{caller.key_id}"
        request_id = request.scope.get(REQUEST_ID, "")
        await access.audit.record(Act(who, action, subject, result, caller.tenant, request_id, detail))
    return response
