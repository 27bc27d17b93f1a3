"""The query string of a request: each parameter once."""

from collections import Counter

from fastapi import Request

from app.errors import InvalidRequestError


def check_query(request: Request) -> None:
    """Raise InvalidRequestError for a parameter that is given more than once, as only the last one would count."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if count > 1:
            raise InvalidRequestError(
                f"expected every parameter once, given {count} of this name", name[:300]
            )
