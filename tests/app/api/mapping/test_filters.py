"""A filter of the wire as the predicate that it stands for."""

import json

from app.api.mapping.filters import parse_filter
from app.api.schemas.recommendation import RecommendRequest
from models.contract.predicate import All, AnyOf, Compare, Not, Operator


def test_the_four_kinds_of_filter() -> None:
    body = {
        "user_id": "1",
        "filter": {
            "any": [
                {"not": {"field": "a", "op": "exists", "value": True}},
                {"field": "b", "op": "in", "value": ["x", 2]},
                {"all": [{"field": "c", "op": "lte", "value": 3}]},
            ]
        },
    }
    request = RecommendRequest.model_validate_json(json.dumps(body))
    assert request.filter is not None
    assert parse_filter(request.filter, {}) == AnyOf(
        (
            Not(Compare("a", Operator.EXISTS, True)),
            Compare("b", Operator.IN, ("x", 2.0)),
            All((Compare("c", Operator.LTE, 3.0),)),
        )
    )
