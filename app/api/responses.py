"""Responses as bytes: one JSON writer, and the one shape of every error."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Response
from starlette.types import Scope

from app.errors import ChorusError

ERROR_CODE = "chorus.code"
"""Key of the scope under which an error answer leaves its code for the metrics."""
REQUEST_ID = "x-request-id"
"""The header, and the key of the scope that holds the request's id."""


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON of plain values, numpy scalars and arrays; float32 numbers are written in their shortest form."""
    body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, status, dict(headers or {}), media_type="application/json")


def error_response(error: ChorusError, headers: Mapping[str, str] | None = None) -> Response:
    """An error's answer, with Retry-After where the same request may succeed later."""
    retry = {} if error.retry_after is None else {"retry-after": str(error.retry_after)}
    return json_response({"error": error.shape()}, error.status, {**retry, **(headers or {})})


def route_template(scope: Scope) -> str:
    """The template of the matched route, such as /v1/users/{user_id}. A path itself holds ids."""
    return getattr(scope.get("route"), "path_format", "unmatched")
