"""Title, description and error responses of the OpenAPI page."""

from typing import Any

from app.api.schemas.errors import ErrorAnswer

TITLE = "Chorus"
DESCRIPTION = "Many heads, one ranked slate: personal recommendations, scored for each request."

BODY_ERRORS = (401, 403, 408, 413, 415, 422, 429, 503)
"""Error statuses of every endpoint with a body."""


def error_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """An operation's `responses`: the shape of errors, for each status that it may answer."""
    return {status: {"model": ErrorAnswer} for status in statuses}
