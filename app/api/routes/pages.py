"""GET /metrics, /docs and /openapi.json: pages about the service, behind the API key unless a setting opens them."""

import importlib.resources
from pathlib import Path

from fastapi import Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.dependencies import Serving
from app.api.guarded_route import make_page_router
from app.api.openapi import error_answers
from app.api.responses import json_response

STATIC = "/static-offline-docs"
"""The files of Swagger UI from the package fastapi_offline, so that /docs needs no other server. They need no key."""

router = make_page_router("health")


@router.head("/metrics", include_in_schema=False)
@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **error_answers(401, 403)},
)
async def show_metrics(service: Serving) -> Response:
    """The metrics in Prometheus' text format."""
    if service.runtime.ready:
        service.metrics.set_bundle(service.runtime.default_tenant.bundle.manifest.model_version)
        service.metrics.set_worse_takeovers(service.runtime.comparison.worse_takeovers)
    return Response(service.metrics.render(), media_type=CONTENT_TYPE_LATEST)


@router.head("/openapi.json", include_in_schema=False)
@router.get("/openapi.json", include_in_schema=False)
async def show_openapi(request: Request) -> Response:
    """The description of the API, with the public prefix of its paths as the server."""
    return json_response({**request.app.openapi(), "servers": [{"url": _prefix(request) or "/"}]})


@router.head("/docs", include_in_schema=False)
@router.get("/docs", include_in_schema=False)
async def show_docs(request: Request) -> Response:
    """The API as a page to read and to try out."""
    prefix = _prefix(request)
    return get_swagger_ui_html(
        openapi_url=f"{prefix}/openapi.json",
        title=f"{request.app.title} API",
        swagger_js_url=f"{prefix}{STATIC}/swagger-ui-bundle.js",
        swagger_css_url=f"{prefix}{STATIC}/swagger-ui.css",
        swagger_favicon_url=f"{prefix}{STATIC}/favicon.png",
    )


def open_static_files() -> StaticFiles:
    """The files under STATIC."""
    return StaticFiles(directory=Path(str(importlib.resources.files("fastapi_offline"))) / "static")


def _prefix(request: Request) -> str:
    prefix: str = request.scope.get("root_path", "")
    return prefix
