"""The documentation's examples: every endpoint has one, requests and answers fit their types, all can be renewed."""

import json
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from app.api.schemas.batch import BatchAnswer, BatchRequest, GroupError, GroupScores
from app.api.schemas.errors import ErrorAnswer
from app.api.schemas.events import EventsAnswer, EventsRequest
from app.api.schemas.experiments import (
    ExperimentAnswer,
    ExperimentDeletion,
    ExperimentListAnswer,
    ExperimentRequest,
    ExperimentResults,
)
from app.api.schemas.explanation import ExplainAnswer, ExplainRequest
from app.api.schemas.health import HealthAnswer, ReadinessAnswer
from app.api.schemas.item_tables import ItemListAnswer, ItemsRequest
from app.api.schemas.items import ItemAnswer, ItemDeletion, ItemPatchRequest, ItemRequest, ItemShown
from app.api.schemas.model import ModelAnswer, ReloadRequest
from app.api.schemas.outcomes import OutcomesAnswer
from app.api.schemas.recommendation import RankAnswer, RankRequest, RecommendAnswer, RecommendRequest
from app.api.schemas.rows import StoredRowsAnswer
from app.api.schemas.similar import SimilarAnswer, SimilarRequest, SimilarToAllAnswer
from app.api.schemas.user_tables import UsersRequest
from app.api.schemas.users import (
    ErasureAnswer,
    ErasureStatus,
    MergeAnswer,
    MergeRequest,
    UserAnswer,
    UserPutAnswer,
    UserRequest,
)
from app.config import Settings
from app.main import create_app
from app.runtime import Runtime
from tests.examples import PAGES, ROOT, WIDTH, Example, lay_out, read_examples, refresh, shorten


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an endpoint takes and gives; None: no body, or an answer that is not JSON."""

    body: type[BaseModel] | None
    answer: type[BaseModel] | None


ENDPOINTS: dict[str, Endpoint] = {
    "POST /v1/recommend": Endpoint(RecommendRequest, RecommendAnswer),
    "POST /v1/rank": Endpoint(RankRequest, RankAnswer),
    "POST /v1/explain": Endpoint(ExplainRequest, ExplainAnswer),
    "POST /v1/batch-score": Endpoint(BatchRequest, BatchAnswer),
    "POST /v1/events": Endpoint(EventsRequest, EventsAnswer),
    "GET /v1/items": Endpoint(None, ItemListAnswer),
    "POST /v1/items": Endpoint(ItemsRequest, StoredRowsAnswer),
    "POST /v1/items/similar": Endpoint(SimilarRequest, SimilarToAllAnswer),
    "GET /v1/items/{item_id}": Endpoint(None, ItemShown),
    "PATCH /v1/items/{item_id}": Endpoint(ItemPatchRequest, ItemAnswer),
    "PUT /v1/items/{item_id}": Endpoint(ItemRequest, ItemAnswer),
    "DELETE /v1/items/{item_id}": Endpoint(None, ItemDeletion),
    "GET /v1/items/{item_id}/similar": Endpoint(None, SimilarAnswer),
    "POST /v1/users": Endpoint(UsersRequest, StoredRowsAnswer),
    "POST /v1/users/{user_id}/merge": Endpoint(MergeRequest, MergeAnswer),
    "GET /v1/users/{user_id}": Endpoint(None, UserAnswer),
    "PUT /v1/users/{user_id}": Endpoint(UserRequest, UserPutAnswer),
    "DELETE /v1/users/{user_id}": Endpoint(None, ErasureAnswer),
    "GET /v1/erasures/{receipt}": Endpoint(None, ErasureStatus),
    "GET /v1/experiments": Endpoint(None, ExperimentListAnswer),
    "GET /v1/experiments/{name}": Endpoint(None, ExperimentResults),
    "PUT /v1/experiments/{name}": Endpoint(ExperimentRequest, ExperimentAnswer),
    "DELETE /v1/experiments/{name}": Endpoint(None, ExperimentDeletion),
    "GET /v1/model": Endpoint(None, ModelAnswer),
    "POST /v1/model/reload": Endpoint(ReloadRequest, ModelAnswer),
    "GET /v1/outcomes": Endpoint(None, OutcomesAnswer),
    "GET /livez": Endpoint(None, HealthAnswer),
    "GET /readyz": Endpoint(None, ReadinessAnswer),
    "GET /metrics": Endpoint(None, None),
}
GROUP: TypeAdapter[GroupScores | GroupError] = TypeAdapter(GroupScores | GroupError)
EXAMPLES = [example for page in PAGES for example in read_examples((ROOT / page).read_text("utf-8"))]


def endpoint_of(example: Example) -> str:
    """The endpoint that an example asks, as ENDPOINTS names it."""
    asked = f"{example.method} {example.path.partition('?')[0]}"
    for name in ENDPOINTS:
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(name)), asked):
            return name
    raise AssertionError(f"expected an endpoint of the service, given {asked}")


def test_every_endpoint_has_an_example() -> None:
    def unopened(_settings: Settings) -> AbstractAsyncContextManager[Runtime]:
        raise AssertionError("expected the page alone to be asked for")

    paths = create_app(Settings(), unopened).openapi()["paths"]
    served = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert served == set(ENDPOINTS)
    assert {
        endpoint_of(example) for example in read_examples((ROOT / "docs/api.md").read_text("utf-8"))
    } == served


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.body], ids=str)
def test_the_example_requests_are_valid(example: Example) -> None:
    model = ENDPOINTS[endpoint_of(example)].body
    assert model is not None
    body = model.model_validate_json(example.body)
    names = {model.model_fields[name].alias or name for name in body.model_fields_set}
    assert names == set(json.loads(example.body))


@pytest.mark.parametrize("example", [example for example in EXAMPLES if example.kind], ids=str)
def test_the_example_answers_have_the_documented_shape(example: Example) -> None:
    endpoint = ENDPOINTS[endpoint_of(example)]
    if example.kind == "json":
        model = ErrorAnswer if "error" in json.loads(example.answer) else endpoint.answer
        assert model is not None
        model.model_validate_json(example.answer)
    elif example.kind == "jsonl":
        assert endpoint.answer is BatchAnswer
        assert [GROUP.validate_json(line).status for line in example.answer.splitlines()] == ["ok", "ok"]
    elif example.listed:
        ranks = [int(line.partition(" ")[0]) for line in example.answer.splitlines()]
        assert ranks == list(range(1, json.loads(example.body)["limit"] + 1))
    else:
        assert endpoint_of(example) == "GET /metrics"


def test_the_readme_shows_an_event_that_changes_the_answer() -> None:
    before, event, after, whole, words = read_examples((ROOT / "README.md").read_text("utf-8"))
    (told,) = json.loads(event.body)["events"]
    asked = json.loads(before.body)
    assert after.body == before.body and asked["user_id"] == told["user_id"]
    assert json.loads(event.answer) == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert before.answer.splitlines()[0] != after.answer.splitlines()[0]
    assert all("Because you liked" in line for line in after.answer.splitlines())
    assert "query" in json.loads(words.body)
    assert all("Matches your words: Sci-Fi" in line for line in words.answer.splitlines())
    (item,) = json.loads(whole.answer)["items"]
    assert item["reasons"][0]["item_ids"] == [told["item_id"]]
    assert sum(head["contribution"] for head in item["heads"].values()) == pytest.approx(
        item["score"], abs=2e-3
    )


def test_an_answer_is_shortened_as_the_one_before() -> None:
    value = {
        "items": [{"score": 0.12345, "id": "a"}, {"score": 1, "id": "b"}],
        "cursor": "x" * 100,
        "all": [1, 2],
    }
    assert shorten(value, {"items": [{}], "all": []}) == {
        "items": [{"score": 0.123, "id": "a"}],
        "cursor": "x" * 30 + "…",
        "all": [1, 2],
    }


@pytest.mark.parametrize(
    "value",
    [{}, [], {"a": []}, {"a": ["b" * 50] * 5, "c": {"d" * 40: [1.5] * 60, "e": None}}, ["é" * 200, {"f": 1}]],
)
def test_an_answer_that_is_laid_out_is_the_same_json(value: Any) -> None:
    laid_out = lay_out(value)
    assert json.loads(laid_out) == value
    assert all(len(line) <= WIDTH or "é" in line for line in laid_out.splitlines())


def test_an_answer_is_written_into_its_place() -> None:
    class Client:
        """Answers every request with its path."""

        def request(self, _method: str, path: str, **_more: Any) -> Any:
            return type("Answer", (), {"text": json.dumps({"path": path})})()

    page = "a\n```bash\ncurl -s localhost:8000/x\n```\n```json\n{}\n```\nb\n```bash\ncurl localhost:8000/y\n```\nc\n"
    assert refresh(Client(), page) == page.replace("{}", '{"path": "/x"}')
