"""Filters on the wire: structures too deep are refused."""

import pytest
from pydantic import ValidationError

from app.api.mapping.filters import parse_filter
from app.api.schemas.recommendation import RecommendRequest
from app.api.validation import describe_body
from tests.app.api.schemas.refusals import USER


@pytest.mark.parametrize("depth", [20, 100, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"not":', "}"), ('{"all":[', "]}"), ("[", "]")])
def test_a_bomb_of_brackets_is_refused_or_read_but_never_breaks(
    depth: int, opening: str, closing: str
) -> None:
    core = '{"field": "a", "op": "eq", "value": 1}'
    body = f'{{{USER}, "filter": {opening * depth}{core}{closing * depth}}}'
    try:
        request = RecommendRequest.model_validate_json(body)
    except ValidationError as error:
        told = describe_body(error)
        assert told.status == 422 and len(told.message) < 500 and len(told.field or "") <= 300
    else:
        assert request.filter is not None
        parse_filter(request.filter, {})
