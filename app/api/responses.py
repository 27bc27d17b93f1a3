"""Build JSON responses, and the response of every error."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response
from starlette.types import Scope

from app.errors import ChorusError

ERROR_CODE = "chorus.code"
"""Key of the scope with the code of an error answer, for the metrics."""
REQUEST_ID = "x-request-id"
"""The header with the request's id, and its key in the scope."""


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON of plain values, numpy scalars and arrays; float32 numbers are written in their shortest form."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status, dict(headers or {}), media_type="application/json")


def error_response(error: ChorusError, headers: Mapping[str, str] | None = None) -> Response:
    """An error's answer with its headers, such as Retry-After where the same request may succeed later."""
    return json_response({"error": error.shape()}, error.status, {**error.headers(), **(headers or {})})


def route_template(scope: Scope) -> str:
    """The template of the matched route, such as /v1/users/{user_id}; a path would contain ids."""
    return getattr(scope.get("route"), "path_format", "unmatched")
