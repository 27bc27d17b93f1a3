"""The one shape of all errors."""

import json


def read_error(body: bytes) -> dict[str, object] | None:
    """The error of a body `{"error": {"code", "message", "field"}}`; None for any other body."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, TypeError, KeyError):
        return None
    is_whole = isinstance(error, dict) and error.keys() == {"code", "message", "field"}
    return error if is_whole else None
