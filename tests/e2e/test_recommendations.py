"""What a caller gets of the running service: whoever asks, and whatever they ask for."""

import itertools
import json
from statistics import mean
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

NOW = {"timestamp": 1_701_000_000}
LIKES = [
    {"item_id": f"i{item}", "action": "like", "timestamp": 1_700_990_000 + 60 * item}
    for item in (0, 4, 21, 8)
]
TRAINED = {"field": "year", "op": "lte", "value": 2019}
"""Passes for the eighty trained items, whatever a test has put since."""


@pytest.mark.parametrize(
    "who",
    [
        {"user_id": "u7"},
        {"user_id": "nobody-yet"},
        {"session": LIKES},
        {"session": []},
        {"query": "wild animals"},
        {"user_id": "u7", "session": LIKES, "query": "wild animals"},
    ],
    ids=str,
)
def test_everybody_gets_a_full_list_that_adds_up(service: "Running", who: dict[str, Any]) -> None:
    answer = service.recommend(**who, limit=12)
    assert answer["degraded"] == []
    assert len({item["item_id"] for item in answer["items"]}) == 12
    for item in answer["items"]:
        parts = sum(head["contribution"] for head in item["heads"].values())
        assert parts == pytest.approx(item["score"], abs=1e-5)


def test_known_users_get_what_they_like(service: "Running") -> None:
    """User n likes the genre of the items n, n + 4, n + 8 and so on; chance would give a quarter."""
    shares = []
    for user in range(12):
        found = service.ids(user_id=f"u{user}", limit=10, exclude_seen=False, diversity={"method": "none"})
        shares.append(mean(int(item_id[1:]) % 4 == user % 4 for item_id in found))
    assert mean(shares) > 0.5


@pytest.mark.parametrize(
    ("query", "genre"),
    [
        ("robots and rockets on other planets", "space"),
        ("a love story that ends in a wedding", "romance"),
        ("the police look for a murderer", "crime"),
        ("dogs, cats and horses", "animals"),
    ],
)
def test_a_text_alone_finds_the_items_that_it_is_about(service: "Running", query: str, genre: str) -> None:
    """In the order of `next`, to which the text belongs; of a stranger the other heads know the items alone."""
    order = {"weights": {"next": 1}, "diversity": {"method": "none"}}
    answer = service.recommend(query=query, limit=6, fields=["genres"], **order)
    hits = [item["fields"]["genres"] == [genre] for item in answer["items"]]
    assert mean(hits) > 0.5


def test_an_item_put_a_second_ago_is_found_in_every_way(service: "Running") -> None:
    body = {"attributes": {"genres": ["space"], "year": 2024}, "text": {"title": "Robots on Mars 9"}}
    assert service.http.put("/v1/items/cold", json=body).status_code == httpx.codes.OK
    only = {"field": "item_id", "op": "eq", "value": "cold"}
    assert service.ids(user_id="u0", filter=only) == ["cold"]
    order = {"weights": {"next": 1}, "diversity": {"method": "none"}}
    assert "cold" in service.ids(query="robots on mars", limit=10, **order)
    assert not service.rank(user_id="u0", item_ids=["cold", "i1"])["cold"].get("unknown")
    similar = service.http.get("/v1/items/cold/similar?limit=6").json()["items"]
    assert mean(int(item["item_id"][1:]) % 4 == 0 for item in similar) > 0.5
    reasons = service.recommend(user_id="u0", filter=only, explain=True)["items"][0]["reasons"]
    assert "new_here" in {reason["code"] for reason in reasons}
    assert service.http.delete("/v1/items/cold").status_code == httpx.codes.OK
    assert service.ids(user_id="u0", filter=only) == []
    assert service.http.get("/v1/items/cold/similar").status_code == httpx.codes.NOT_FOUND


def test_pages_never_repeat_and_end_with_the_catalogue(service: "Running") -> None:
    page = service.recommend(user_id="pager", limit=17, filter=TRAINED)
    pages = [page]
    while page["cursor"] is not None:
        page = service.recommend(cursor=page["cursor"])
        pages.append(page)
    shown = [item["item_id"] for page in pages for item in page["items"]]
    assert sorted(shown) == sorted(f"i{item}" for item in range(80))
    assert [item["rank"] for page in pages for item in page["items"]] == list(range(1, 81))


def test_a_filter_that_two_items_pass_gives_both(service: "Running") -> None:
    for who in ({"user_id": "u3", "exclude_seen": False}, {"query": "love"}, {"session": LIKES}):
        found = service.ids(**who, filter={"field": "year", "op": "eq", "value": 1990})
        assert sorted(found) == ["i20", "i21"] if "session" not in who else found == ["i20"]


@pytest.mark.parametrize("head", ["next", "like", "rating", "genre", "daypart"])
def test_one_head_without_diversity_gives_that_heads_order(service: "Running", head: str) -> None:
    answer = service.recommend(user_id="u2", limit=30, weights={head: 2}, diversity={"method": "none"})
    values = [item["heads"][head]["value"] for item in answer["items"]]
    assert values == sorted(values, reverse=True)
    assert len(values) == 30
    for item in answer["items"]:
        assert {name for name, part in item["heads"].items() if part["contribution"]} <= {head}


@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_more_diversity_makes_a_list_more_diverse_at_a_price(service: "Running", method: str) -> None:
    measured = {}
    for strength in (0, 0.5, 1):
        chosen = {"method": method, "strength": strength}
        measured[strength] = [
            service.recommend(user_id=f"u{user}", diversity=chosen)["diversity"] for user in range(8)
        ]
    spread = {
        strength: mean(one["intra_list_diversity"] for one in all_) for strength, all_ in measured.items()
    }
    assert spread[0] < min(spread[0.5], spread[1])
    assert all(one["relevance_cost"] == pytest.approx(0, abs=1e-6) for one in measured[0])
    assert mean(one["relevance_cost"] for one in measured[1]) > 0


def test_a_cap_holds_a_category_down(service: "Running") -> None:
    asked = {"user_id": "u1", "limit": 8, "exclude_seen": False, "fields": ["genres"]}
    answer = service.recommend(**asked, diversity={"method": "mmr", "strength": 0, "max_per_category": 2})
    genres = [item["fields"]["genres"][0] for item in answer["items"]]
    assert {genre: genres.count(genre) for genre in genres} == dict.fromkeys(
        ("space", "romance", "crime", "animals"), 2
    )


def test_reasons_name_the_history_and_their_strength_can_be_measured_again(service: "Running") -> None:
    """The strength is how far the score falls when the named event had never been."""
    asked = {"context": NOW, "weights": {"next": 1, "like": 0.5}, "diversity": {"method": "none"}}
    answer = service.recommend(session=LIKES, explain=True, limit=20, **asked)
    named = 0
    for item in answer["items"]:
        assert item["reasons"]
        for reason in item["reasons"]:
            if reason["code"] != "because_you_liked":
                continue
            (because,) = reason["item_ids"]
            assert because in {event["item_id"] for event in LIKES}
            without = [event for event in LIKES if event["item_id"] != because]
            again = service.rank(session=without, item_ids=[item["item_id"]], **asked)[item["item_id"]]
            assert item["score"] - again["score"] == pytest.approx(reason["strength"], abs=1e-4)
            named += 1
    assert named > 0


def test_excluded_items_stay_out_and_fields_come_as_asked(service: "Running") -> None:
    first = service.ids(user_id="u5")
    again = service.recommend(user_id="u5", exclude_ids=first[:4], fields=["title", "year"])
    assert not set(first[:4]) & {item["item_id"] for item in again["items"]}
    assert all(set(item["fields"]) == {"title", "year"} for item in again["items"])


def test_a_batch_says_what_rank_says_and_streams_the_same(service: "Running") -> None:
    asked = [f"i{item}" for item in range(0, 80, 7)]
    groups = [
        {"user_id": "u4", "item_ids": [*asked, "never"], "context": NOW},
        {"user_id": "u4", "item_ids": []},
        {"session": LIKES, "item_ids": asked, "context": NOW},
    ]
    batch = service.post("/v1/batch-score", groups=groups)["groups"]
    assert [group["status"] for group in batch] == ["ok", "error", "ok"]
    assert batch[0]["scores"][-1] == {"item_id": "never", "unknown": True}
    for group, who in ((batch[0], {"user_id": "u4"}), (batch[2], {"session": LIKES})):
        ranked = service.rank(**who, item_ids=asked, context=NOW)
        for pair in group["scores"][: len(asked)]:
            item = ranked[pair["item_id"]]
            assert pair["score"] == pytest.approx(item["score"], abs=1e-5)
            for head, value in pair["heads"].items():
                assert value == pytest.approx(item["heads"][head]["value"], abs=1e-5)
    accept = {"accept": "application/x-ndjson"}
    streamed = service.http.post("/v1/batch-score", json={"groups": groups}, headers=accept)
    assert [json.loads(line) for line in streamed.text.splitlines()] == batch


def test_the_chances_to_be_next_add_up_to_one(service: "Running") -> None:
    asked = [f"i{item}" for item in range(80)]
    for who in ({"user_id": "u6"}, {"session": LIKES}, {"session": []}):
        ranked = service.rank(**who, item_ids=asked, weights={"next": 1})
        total = sum(item["heads"]["next"]["value"] for item in ranked.values())
        assert total == pytest.approx(1, abs=1e-3)
        scores = [
            item["score"]
            for item in service.rank(**who, item_ids=asked, diversity={"method": "none"}).values()
        ]
        assert all(one >= other for one, other in itertools.pairwise(scores))
