"""The language of an answer: the header Accept-Language (RFC 9110, 12.5.4), matched by lookup (RFC 4647, 3.4)."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import Request

from app.pipeline.explain.wording.catalogues import CATALOGUES
from app.pipeline.types import DEFAULT_LANGUAGE

RANGE = re.compile(
    r"\s*(?P<tag>\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=(?P<q>0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.I | re.A,
)
MOST_RANGES = 50
"""The ranges of a header that are read; a browser sends fewer than ten."""
PARAMETER: dict[str, Any] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": f"The language of the reasons: one of {', '.join(CATALOGUES)}, or else {DEFAULT_LANGUAGE}.",
    "schema": {"type": "string"},
}
"""The header in OpenAPI."""


def read_language(request: Request) -> str:
    """The language of CATALOGUES that the request prefers, or else the default."""
    header = ",".join(request.headers.getlist("accept-language"))
    return choose_language(header, tuple(CATALOGUES)) if header else DEFAULT_LANGUAGE


def choose_language(header: str, offered: Sequence[str]) -> str:
    """The offered language that an Accept-Language header prefers, or else the first of them.

    A range such as `de-AT` is shortened until it is offered. One with the weight 0 is refused; `*` is any that is not
    refused.
    """
    ranges = sorted(_read_ranges(header), key=lambda pair: -pair[1])
    refused = {tag for tag, weight in ranges if not weight}
    for tag, weight in ranges:
        if not weight:
            break
        names = offered if tag == "*" else _shorten(tag)
        found = next((name for name in names if name in offered and name not in refused), None)
        if found is not None:
            return found
    return offered[0]


def _read_ranges(header: str) -> Iterator[tuple[str, float]]:
    """The language ranges of a header in lower case, with their weights; an element of another form is left out."""
    for part in header.split(",")[:MOST_RANGES]:
        match = RANGE.fullmatch(part)
        if match is not None:
            yield match["tag"].lower(), 1.0 if match["q"] is None else float(match["q"])


def _shorten(tag: str) -> Iterator[str]:
    """The tag, and the tag without its last parts; a single character goes with the part before it."""
    parts = tag.split("-")
    while parts:
        yield "-".join(parts)
        parts.pop()
        if parts and len(parts[-1]) == 1:
            parts.pop()
