"""Prefixes of paths, which a proxy strips before it passes a request on."""

import re

MAX_LENGTH = 200
SERVED = frozenset({"v1", "docs", "openapi.json", "metrics", "livez", "readyz", "static-offline-docs"})
"""The first segments of the paths that the service answers."""
EXPECTED = f"expected a path of up to {MAX_LENGTH} characters such as /recommend, of letters, digits and ._~-"

_SEGMENTS = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)*", re.ASCII)


def parse_prefix(text: str) -> str:
    """The prefix without a slash at its end; empty for "/" and for none. Raises ValueError if it is not a path."""
    prefix = text.strip().removesuffix("/")
    if len(prefix) > MAX_LENGTH or not _SEGMENTS.fullmatch(prefix):
        raise ValueError(EXPECTED)
    return prefix


def parse_root_path(text: str | None) -> str | None:
    """The configured prefix. Raises ValueError if it is not a path, or begins as a path of the service does."""
    prefix = parse_prefix(text or "")
    if prefix.split("/")[1:2] and prefix.split("/")[1] in SERVED:
        raise ValueError(f"expected a path that begins with none of {', '.join(sorted(SERVED))}")
    return prefix or None
