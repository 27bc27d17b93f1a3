"""GET /metrics, /docs and /openapi.json: pages about the service, behind the API key unless a setting opens them."""

import importlib.resources
from functools import cache

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.dependencies import Serving
from app.api.guarded_route import make_page_router
from app.api.openapi import error_answers
from app.api.responses import json_response
from app.errors import NotFoundError

STATIC = "/static-offline-docs"
"""The files of Swagger UI from the package fastapi_offline, so that /docs needs no other server. They need no key."""
FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
"""Their names and types."""

router = make_page_router("health")
open_router = APIRouter()
"""The routes that need no key."""


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
        service.metrics.set_extra_bundles(len(service.runtime.extra.tenants))
        live = service.runtime.default_tenant.live
        if live is not None:
            service.metrics.set_live_age(live.measure_age_s())
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


@open_router.head(f"{STATIC}/{{name}}", include_in_schema=False)
@open_router.get(f"{STATIC}/{{name}}", include_in_schema=False)
async def show_file(name: str) -> Response:
    """A file of the page /docs, from memory: a stream from disk would take threads from whom no key is asked."""
    if name not in FILES:
        raise NotFoundError(f"expected a file of /docs ({', '.join(FILES)}), given {name[:40]!r}")
    return Response(_read_file(name), media_type=FILES[name], headers={"cache-control": "max-age=86400"})


@cache
def _read_file(name: str) -> bytes:
    return importlib.resources.files("fastapi_offline").joinpath("static", name).read_bytes()


def _prefix(request: Request) -> str:
    prefix: str = request.scope.get("root_path", "")
    return prefix
