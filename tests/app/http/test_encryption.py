"""Encryption at rest over real HTTP, with pseudonyms: answers as before, and nothing of a user to read in Redis."""

import redis

from tests.app.http.access_calls import Serve
from tests.app.redis_dump import dump_redis

KEY, NEW, NAMES = "0123456789abcdef" * 2, "fedcba9876543210" * 2, "k" * 32
ALICE, VISITOR = "alice@example.org", "visitor-of-the-shop"
SECRETS = (ALICE, VISITOR, "dry comedies", "sculptor", "the-attic-tv", "a-film-no-bundle-has", "listen")


def dump(url: str) -> bytes:
    """Every key and value in Redis."""
    with redis.Redis.from_url(url) as client:
        return dump_redis(client)


def test_a_user_is_served_as_before_and_the_key_can_be_changed(serve: Serve, redis_url: str) -> None:
    event = {"action": "listen", "timestamp": 5.0, "context": {"device": "the-attic-tv"}}
    events = [
        {**event, "user_id": ALICE, "item_id": "a-film-no-bundle-has", "event_id": "e1"},
        {**event, "user_id": VISITOR, "item_id": "7", "event_id": "e2"},
    ]
    with serve(pseudonym_key=NAMES, state_key=KEY) as service:
        assert service.post("/v1/events", json={"events": events}).json()["accepted"] == 2
        service.put(
            f"/v1/users/{ALICE}", json={"attributes": {"job": "sculptor"}, "interests": "dry comedies"}
        )
        merged = service.post(f"/v1/users/{ALICE}/merge", json={"from": VISITOR}).json()
        assert merged["moved"]["events"] == 1
        before = service.get(f"/v1/users/{ALICE}").json()
        assert (before["event_count"], before["profile"]["interests"]) == (2, "dry comedies")
        assert [each["item_id"] for each in before["events"]] == ["a-film-no-bundle-has", "7"]
        assert before["events"][0]["context"] == {"device": "the-attic-tv"}
        listed = service.post("/v1/recommend", json={"user_id": ALICE, "limit": 59}).json()
        assert listed["degraded"] == ["encode:no_text_encoder"], "the tiny bundle has none"
        assert "7" not in {item["item_id"] for item in listed["items"]}
    stored = dump(redis_url)
    assert [secret for secret in SECRETS if secret.encode() in stored] == []
    with serve(pseudonym_key=NAMES, state_key=NEW, state_keys_old=KEY) as service:
        assert service.get(f"/v1/users/{ALICE}").json() == before
        again = service.post("/v1/events", json={"events": events}).json()
        assert (again["accepted"], again["duplicates"]) == (0, 2)
        erased = service.delete(f"/v1/users/{ALICE}").json()
        assert erased["deleted"] == {"events": 2, "profile": 1, "stream": 2}
        assert service.get(f"/v1/users/{ALICE}").status_code == 404
