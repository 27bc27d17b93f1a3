"""A toy source and a toy re-ranker, each registered by one line, work over HTTP with no other edit."""

from collections.abc import Iterator
from fractions import Fraction

import httpx
import numpy as np
import pytest

from app.api.schemas.recommendation import DiversityRequest, RecommendAnswer
from models.contract.arrays import Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.exploration import Choose
from models.ranking.greedy import SimilarTo
from models.ranking.registry import RERANKERS
from models.ranking.sources.registry import ARRAY_SOURCES
from models.ranking.sources.source import RetrievalInput, Source


def find_oldest(request: RetrievalInput, k: int) -> Indices:
    """The k allowed rows that were in the catalogue first."""
    return np.flatnonzero(request.allowed)[:k]


def rank_backwards(
    relevance: Floats,
    _similar_to: SimilarTo,
    _strength: float,
    n: int,
    _cap: CategoryCap | None,
    _choose: Choose,
) -> Indices:
    """The least relevant first."""
    return np.argsort(relevance, kind="stable")[:n]


@pytest.fixture
def toy_source() -> Iterator[Source[RetrievalInput]]:
    source = Source("oldest", find_oldest, Fraction(1, 20))
    ARRAY_SOURCES.append(source)
    yield source
    ARRAY_SOURCES.remove(source)


def recommend(service: httpx.Client, **body: object) -> RecommendAnswer:
    response = service.post("/v1/recommend", json={"user_id": "u1", **body})
    assert response.status_code == 200, response.text
    return RecommendAnswer.model_validate_json(response.content)


def test_a_toy_source_stands_in_the_answers_sources(
    service: httpx.Client, toy_source: Source[RetrievalInput]
) -> None:
    answer = recommend(service, limit=50)  # all that the user has not seen
    assert len(answer.items) == 50
    oldest = {item.item_id for item in answer.items if toy_source.name in item.sources}
    seen = {str(10 + number) for number in range(10)}  # the tiny bundle's u1
    unseen = [str(number) for number in range(60) if str(number) not in seen]
    assert oldest == set(unseen[: 300 // 20])
    assert all("neighbours" in item.sources for item in answer.items)


def test_without_its_line_a_source_is_in_no_answer(service: httpx.Client) -> None:
    names = {name for item in recommend(service, limit=50).items for name in item.sources}
    assert names <= {"neighbours", "popular", "similar_to_last_liked", "query"}


def test_a_toy_reranker_is_accepted_and_ranks(service: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"user_id": "u1", "limit": 50, "diversity": {"method": "backwards"}}
    refused = service.post("/v1/recommend", json=body)
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert (error["field"], error["message"]) == (
        "diversity.method",
        "expected 'none', 'mmr' or 'dpp', given 'backwards'",
    )
    monkeypatch.setitem(RERANKERS, "backwards", rank_backwards)
    answer = recommend(service, limit=50, diversity={"method": "backwards"})
    assert answer.diversity.method == "backwards"
    scores = [item.score for item in answer.items]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]
    method = DiversityRequest.model_json_schema()["properties"]["method"]
    assert [choice.get("enum") for choice in method["anyOf"]] == [[*RERANKERS], None]


def test_a_toy_reranker_continues_over_a_cursor(
    service: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RERANKERS, "backwards", rank_backwards)
    first = recommend(service, limit=30, diversity={"method": "backwards"})
    second = recommend(service, cursor=first.cursor, limit=20)
    assert second.diversity.method == "backwards"
    assert not {item.item_id for item in first.items} & {item.item_id for item in second.items}
