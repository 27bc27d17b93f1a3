"""GET /livez and /readyz, without an API key."""

from fastapi import APIRouter, Response

from app.api.dependencies import Serving
from app.api.mapping.replicas import replicas_answer
from app.api.openapi import error_answers
from app.api.responses import json_response
from app.api.schemas.health import HealthAnswer, ReadinessAnswer
from app.tenant import BundleNotLoadedError

router = APIRouter(tags=["health"])


@router.head("/livez", include_in_schema=False)
@router.get("/livez", response_model=HealthAnswer)
async def check_liveness() -> Response:
    """The process answers."""
    return json_response({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", response_model=ReadinessAnswer, responses=error_answers(503))
async def check_readiness(service: Serving) -> Response:
    """A bundle is loaded and has passed its golden requests. An outage of the store only degrades answers."""
    if not service.runtime.ready:
        raise BundleNotLoadedError
    health = service.runtime.health
    store = {
        "status": "ok" if health.fault is None else "failing",
        "code": health.fault,
        "since": health.since,
        "circuit": "open" if health.circuit_open else "closed",
    }
    degraded = [] if health.fault is None else [f"state:{health.fault}"]
    replicas = replicas_answer(service.runtime.replica_set)
    return json_response({"status": "ready", "degraded": degraded, "store": store, "replicas": replicas})
