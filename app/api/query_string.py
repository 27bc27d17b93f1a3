"""The query string of a request: known parameters, each once."""

from collections import Counter
from collections.abc import Set
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from app.errors import InvalidRequestError


def list_parameters(dependant: Dependant) -> frozenset[str]:
    """The names of the query parameters that a route reads, with the fields of a model of them."""
    names: set[str] = set()
    for parameter in dependant.query_params:
        annotation: Any = parameter.field_info.annotation
        is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        names |= set(annotation.model_fields) if is_model else {parameter.alias}
    return frozenset(names)


def check_query(request: Request, known: Set[str]) -> None:
    """Raise InvalidRequestError for a parameter that would not count: an unknown one, or one given again."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if name not in known:
            expected = f"one of {', '.join(sorted(known))}" if known else "no parameter in the query"
            raise InvalidRequestError(f"expected {expected}, given another", name[:300])
        if count > 1:
            raise InvalidRequestError(
                f"expected every parameter once, given {count} of this name", name[:300]
            )
