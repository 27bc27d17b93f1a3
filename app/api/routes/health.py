"""Whether the process lives, whether it can answer, and its figures. No key is needed here."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.dependencies import Serving
from app.api.openapi import answers
from app.api.responses import json_response
from app.api.schemas.record_answers import HealthAnswer
from app.errors import UnavailableError

router = APIRouter(tags=["health"])


@router.head("/livez", include_in_schema=False)
@router.get("/livez", responses=answers(HealthAnswer))
async def livez() -> Response:
    """The process answers."""
    return json_response({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses=answers(HealthAnswer, 503))
async def readyz(serving: Serving) -> Response:
    """A bundle is loaded and has given its golden answers. A store that is away degrades answers, no more."""
    if not serving.runtime.ready:
        raise UnavailableError("expected a loaded bundle, given none yet")
    return json_response({"status": "ready"})


@router.head("/metrics", include_in_schema=False)
@router.get("/metrics", response_class=Response)
async def metrics(serving: Serving) -> Response:
    """Prometheus' text form."""
    if serving.runtime.ready:
        serving.metrics.loaded(serving.runtime.bundle.manifest.model_version)
        serving.metrics.set_worse_takeovers(serving.runtime.comparison.worse_takeovers)
    return Response(serving.metrics.page(), media_type=CONTENT_TYPE_LATEST)
