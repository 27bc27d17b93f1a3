"""The groups of a batch: bad ones stand alone, and a call is limited in its pairs."""

import json

from app.api.schemas.batch import BadGroup, BatchRequest, Group
from tests.app.api.schemas.refusals import refusal


def test_a_group_fails_alone() -> None:
    body = """{"groups": [{"user_id": "a", "item_ids": [1]}, 3, {"item_ids": ["4"]},
               {"user_id": "b", "item_ids": ["1"], "colour": "red"}]}"""
    first, second, third, fourth = BatchRequest.model_validate_json(body).groups
    assert isinstance(first, BadGroup) and (first.user_id, first.error.field) == ("a", "item_ids.0")
    assert isinstance(second, BadGroup) and second.user_id is None
    assert isinstance(third, Group) and third.item_ids == ["4"]
    assert isinstance(fourth, BadGroup) and fourth.error.field == "colour"


def test_a_call_scores_at_most_10_000_pairs() -> None:
    ids = [str(number) for number in range(5_000)]
    whole = {"groups": [{"item_ids": ids}, {"item_ids": ids}]}
    assert len(BatchRequest.model_validate_json(json.dumps(whole)).groups) == 2
    whole["groups"].append({"item_ids": ["1"]})
    assert refusal(BatchRequest, json.dumps(whole)).field == "groups"
