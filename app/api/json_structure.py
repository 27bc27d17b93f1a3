"""Checks of a JSON document before models are built of it: each key once, and a filter of limited size.

RFC 8259, section 4, leaves the meaning of a key given twice open, and parsers keep the last one in silence. A filter of
100,000 parts is small in bytes, but takes the validation seconds.
"""

import json
from typing import Any

from app.errors import InvalidFilterError, InvalidJsonError

MAX_FILTER_PARTS = 256
"""The most parts of a filter: all, any, not and comparisons together."""


def check_structure(raw: bytes, has_filter: bool) -> None:
    """Raises InvalidJsonError for a key given twice in an object, and InvalidFilterError for too many parts.

    Says nothing of bytes that are not JSON.
    """
    check = _Check(MAX_FILTER_PARTS if has_filter else None)
    try:
        json.loads(raw.decode(), object_pairs_hook=check.take)
    except (ValueError, RecursionError):  # the parser of the models describes it
        return


class _Check:
    """Takes each object of a document, the inner ones first."""

    def __init__(self, max_parts: int | None) -> None:
        self._max_parts = max_parts
        self._parts = 0

    def take(self, pairs: list[tuple[str, Any]]) -> None:
        keys = {key for key, _ in pairs}
        if len(keys) < len(pairs):
            names = [key for key, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidJsonError(f"expected each key once in an object, given {twice[:80]!r} twice")
        if self._max_parts is not None and _is_filter_part(pairs):
            self._parts += 1
            if self._parts > self._max_parts:
                raise InvalidFilterError(
                    f"expected a filter of at most {self._max_parts} parts, given more", "filter"
                )


def _is_filter_part(pairs: list[tuple[str, Any]]) -> bool:
    """Whether an object has the shape of a part, good or bad."""
    return any(
        key == "op" or (key in ("all", "any") and isinstance(value, list)) or key == "not"
        for key, value in pairs
    )
