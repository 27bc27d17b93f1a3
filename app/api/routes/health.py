"""GET /livez, /readyz and /metrics, without an API key."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.dependencies import Serving
from app.api.openapi import error_answers
from app.api.responses import json_response
from app.api.schemas.health import HealthAnswer
from app.runtime import BundleNotLoadedError

router = APIRouter(tags=["health"])


@router.head("/livez", include_in_schema=False)
@router.get("/livez", response_model=HealthAnswer)
async def check_liveness() -> Response:
    """The process answers."""
    return json_response({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", response_model=HealthAnswer, responses=error_answers(503))
async def check_readiness(service: Serving) -> Response:
    """A bundle is loaded and has passed its golden requests. An outage of the store only degrades answers."""
    if not service.runtime.ready:
        raise BundleNotLoadedError
    return json_response({"status": "ready"})


@router.head("/metrics", include_in_schema=False)
@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def show_metrics(service: Serving) -> Response:
    """The metrics in Prometheus' text format."""
    if service.runtime.ready:
        service.metrics.set_bundle(service.runtime.bundle.manifest.model_version)
        service.metrics.set_worse_takeovers(service.runtime.comparison.worse_takeovers)
    return Response(service.metrics.render(), media_type=CONTENT_TYPE_LATEST)
