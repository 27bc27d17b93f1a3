"""Limits of requests and pairs, over real HTTP and a real Redis."""

from typing import Any

import httpx

from tests.app.http.access_calls import Serve, code, forget, settle


def test_requests_of_a_key_are_limited_in_all_replicas(serve: Serve, redis_url: str) -> None:
    given: dict[str, Any] = {
        "api_key": "s3cret",
        "publishable_keys": "pk_1",
        "daily_quota": 6,
        "redis_timeout_s": 10,
    }
    headers, ask = {"X-API-Key": "s3cret"}, {"json": {"user_id": "u1", "limit": 1}}
    forget(redis_url, "chorus:limit:*")
    with serve(**given) as one, serve(**given) as other:
        answers = [
            (one, other)[number % 2].post("/v1/recommend", headers=headers, **ask) for number in range(8)
        ]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
        assert [int(answer.headers["ratelimit-remaining"]) for answer in answers] == [5, 4, 3, 2, 1, 0, 0, 0]
        last = answers[-1]
        assert code(last) == (429, "quota_exceeded")
        assert 1 <= int(last.headers["retry-after"]) <= 86_400
        assert last.headers["ratelimit-policy"] == '"day";q=6;w=86400'
        assert last.headers["ratelimit"].startswith('"day";r=0;t=')
        assert last.headers["ratelimit-limit"] == "6" and int(last.headers["ratelimit-reset"]) > 0
        assert one.post("/v1/recommend", headers={"X-API-Key": "pk_1"}, **ask).status_code == 200, (
            "another key"
        )
        assert one.get("/readyz").status_code == one.get("/metrics", headers=headers).status_code == 200
        wrong = one.post("/v1/recommend", headers={"X-API-Key": "pk_1"}, json={"user": 1})
        assert wrong.status_code == 422 and wrong.headers["ratelimit-remaining"] == "4", "errors tell it too"
    forget(redis_url, "chorus:limit:*")


def test_a_rate_refuses_before_the_body_is_read_and_recovers(serve: Serve, redis_url: str) -> None:
    forget(redis_url, "chorus:limit:*")
    with serve(peer_rate_limit=1, redis_timeout_s=10) as service:
        answers = [service.get("/v1/model") for _ in range(20)]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert code(refused) == (429, "rate_limited") and refused.headers["retry-after"] == "1"
        assert "1 requests a second of this address" in refused.json()["error"]["message"]
        settle(lambda: service.get("/v1/model").status_code == 200)
    forget(redis_url, "chorus:limit:*")


def test_pairs_are_limited(serve: Serve, redis_url: str) -> None:
    forget(redis_url, "chorus:limit:*")
    with serve(pair_limit=3, redis_timeout_s=10) as service:
        many = {"groups": [{"user_id": "u1", "item_ids": [str(number) for number in range(50)]}]}
        large = service.post("/v1/batch-score", json=many)
        assert large.status_code == 200, "more than the limit fits where nothing is used"
        assert large.headers["ratelimit-policy"] == '"pairs";q=3;w=1'
        for path, body in (
            ("/v1/batch-score", {"groups": [{"user_id": "u1", "item_ids": ["1"]}]}),
            ("/v1/rank", {"user_id": "u1", "item_ids": ["1"]}),
        ):
            refused = service.post(path, json=body)
            assert code(refused) == (429, "rate_limited"), path
            assert "3 pairs a second" in refused.json()["error"]["message"]
            assert 1 <= int(refused.headers["retry-after"]) <= 17
        assert service.post("/v1/recommend", json={"user_id": "u1"}).status_code == 200
    forget(redis_url, "chorus:limit:*")


def test_without_limits_no_header_tells_of_any(service: httpx.Client) -> None:
    answer = service.get("/v1/model")
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("ratelimit")]


def test_with_redis_away_limits_count_in_the_process(serve: Serve) -> None:
    with serve(redis_url="redis://127.0.0.1:1", daily_quota=2) as service:
        answers = [service.post("/v1/recommend", json={"user_id": "u1"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
