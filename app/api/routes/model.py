"""GET /v1/model describes the bundle in use; POST /v1/model/reload loads another."""

from typing import Any

from fastapi import Request, Response

from app.api.audited_route import note_act
from app.api.dependencies import CallersTenant, Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.model import model_answer
from app.api.mapping.replicas import order_answer, replicas_answer
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.schemas.model import ModelAnswer, ReloadRequest
from app.errors import BadBundleError
from app.replica_set import ReplicaSet
from app.tenant import Tenant
from models.contract.bundle import BundleError

router = make_guarded_router("model")


@router.head("/model", include_in_schema=False)
@router.get("/model", response_model=ModelAnswer, responses=error_answers(401, 403, 429, 503))
async def show_model(tenant: CallersTenant, service: Serving) -> Response:
    """The bundle in use, and the names that requests may refer to."""
    return json_response(_describe(tenant, service.runtime.replica_set))


@router.post("/model/reload", response_model=ModelAnswer, responses=error_answers(*BODY_ERRORS))
async def reload_model(
    body: Json[ReloadRequest], tenant: CallersTenant, service: Serving, request: Request
) -> Response:
    """Load another bundle, on all replicas: verify it, replay its golden requests, then swap.

    A bad bundle changes nothing.
    """
    note_act(request, f"bundle:{body.bundle}")
    try:
        await service.runtime.reload(body.bundle)
    except BundleError as error:
        raise BadBundleError(str(error), "bundle") from error
    return json_response(_describe(tenant, service.runtime.replica_set))


def _describe(tenant: Tenant, replica_set: ReplicaSet) -> dict[str, Any]:
    return {
        **model_answer(tenant.bundle),
        "order": order_answer(replica_set),
        "replicas": replicas_answer(replica_set),
    }
