"""The OpenAPI page, which FastAPI writes from the routes: bodies, answers and errors of every operation."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from app.config import Settings, read_settings
from app.main import create_app
from app.runtime import Runtime

SCHEMAS = "#/components/schemas/"
OPERATIONS = {
    "POST /v1/recommend": ("RecommendRequest", "RecommendAnswer"),
    "POST /v1/rank": ("RankRequest", "RankAnswer"),
    "POST /v1/explain": ("ExplainRequest", "ExplainAnswer"),
    "POST /v1/batch-score": ("BatchRequest", "BatchAnswer"),
    "POST /v1/events": ("EventsRequest", "EventsAnswer"),
    "GET /v1/items": (None, "ItemListAnswer"),
    "POST /v1/items": ("ItemsRequest", "StoredRowsAnswer"),
    "POST /v1/items/similar": ("SimilarRequest", "SimilarToAllAnswer"),
    "GET /v1/items/{item_id}": (None, "ItemShown"),
    "PUT /v1/items/{item_id}": ("ItemRequest", "ItemAnswer"),
    "PATCH /v1/items/{item_id}": ("ItemPatchRequest", "ItemAnswer"),
    "DELETE /v1/items/{item_id}": (None, "ItemDeletion"),
    "GET /v1/items/{item_id}/similar": (None, "SimilarAnswer"),
    "POST /v1/users": ("UsersRequest", "StoredRowsAnswer"),
    "GET /v1/users/{user_id}": (None, "UserAnswer"),
    "PUT /v1/users/{user_id}": ("UserRequest", "UserPutAnswer"),
    "POST /v1/users/{user_id}/merge": ("MergeRequest", "MergeAnswer"),
    "DELETE /v1/users/{user_id}": (None, "ErasureAnswer"),
    "GET /v1/erasures/{receipt}": (None, "ErasureStatus"),
    "GET /v1/experiments": (None, "ExperimentListAnswer"),
    "GET /v1/experiments/{name}": (None, "ExperimentResults"),
    "PUT /v1/experiments/{name}": ("ExperimentRequest", "ExperimentAnswer"),
    "DELETE /v1/experiments/{name}": (None, "ExperimentDeletion"),
    "GET /v1/model": (None, "ModelAnswer"),
    "POST /v1/model/reload": ("ReloadRequest", "ModelAnswer"),
    "GET /v1/outcomes": (None, "OutcomesAnswer"),
    "GET /livez": (None, "HealthAnswer"),
    "GET /readyz": (None, "ReadinessAnswer"),
    "GET /metrics": (None, None),
}
"""The models of the body and of the answer."""


def _unopened(_settings: Settings) -> AbstractAsyncContextManager[Runtime]:
    raise AssertionError("expected a page that needs no runtime")


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    return create_app(read_settings(), _unopened).openapi()


@pytest.fixture(scope="module")
def operations(page: dict[str, Any]) -> dict[str, Any]:
    """The operations by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in page["paths"].items()
        for method, operation in methods.items()
    }


def _model(content: dict[str, Any] | None) -> str | None:
    """The name of the model that a body or an answer refers to."""
    schema = {} if content is None else content["content"].get("application/json", {}).get("schema", {})
    return schema["$ref"].removeprefix(SCHEMAS) if "$ref" in schema else None


def test_every_operation_has_its_body_and_its_answer(operations: dict[str, Any]) -> None:
    models = {
        name: (_model(operation.get("requestBody")), _model(operation["responses"]["200"]))
        for name, operation in operations.items()
    }
    assert models == OPERATIONS


def test_every_body_is_required_and_has_an_example(page: dict[str, Any], operations: dict[str, Any]) -> None:
    for name, (body, _answer) in OPERATIONS.items():
        if body is not None:
            assert operations[name]["requestBody"]["required"]
            assert page["components"]["schemas"][body]["example"]


def test_every_error_has_the_one_shape(page: dict[str, Any], operations: dict[str, Any]) -> None:
    """FastAPI's own shape of validation errors is never answered, and so it is not on the page."""
    for operation in operations.values():
        for status, response in operation["responses"].items():
            assert status == "200" or _model(response) == "ErrorAnswer"
    assert not {"HTTPValidationError", "ValidationError"} & page["components"]["schemas"].keys()


def test_what_may_happen_to_a_body_is_told(operations: dict[str, Any]) -> None:
    for name, (body, _answer) in OPERATIONS.items():
        if body is not None:
            assert {"401", "403", "408", "413", "415", "422", "429", "503"} <= operations[name][
                "responses"
            ].keys()


def test_a_stream_of_lines_is_told(operations: dict[str, Any]) -> None:
    answer = operations["POST /v1/batch-score"]["responses"]["200"]["content"]
    assert set(answer) == {"application/json", "application/x-ndjson"}
