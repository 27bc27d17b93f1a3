"""What users do changes what they get, at once; and what they want forgotten is."""

from statistics import mean
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

ALL = [f"i{item}" for item in range(80)]


def test_an_event_changes_the_very_next_answer(service: "Running") -> None:
    for user_id in ("u9", "fresh"):
        before = service.recommend(user_id=user_id, limit=30)["items"]
        best = before[0]["item_id"]
        service.tell(user_id, best)
        after = {
            item["item_id"]: item["score"] for item in service.recommend(user_id=user_id, limit=30)["items"]
        }
        assert best not in after
        shared = [item for item in before if item["item_id"] in after]
        assert any(abs(item["score"] - after[item["item_id"]]) > 1e-6 for item in shared)


def test_a_seen_item_does_not_come_back_on_any_page(service: "Running") -> None:
    for item_id in ("i3", "i14", "i15"):
        service.tell("watcher", item_id, "view")
    answer = service.recommend(user_id="watcher", limit=40)
    shown = [item["item_id"] for item in answer["items"]]
    while answer["cursor"]:
        answer = service.recommend(cursor=answer["cursor"])
        shown += [item["item_id"] for item in answer["items"]]
    assert sorted(shown) == sorted(set(ALL) - {"i3", "i14", "i15"})
    assert {"i3", "i14", "i15"} <= set(service.ids(user_id="watcher", limit=100, exclude_seen=False))


def test_a_dislike_pushes_its_likes_down(service: "Running") -> None:
    """Over several users and items: the mean place of the ten items most like the disliked one."""
    fell = []
    for number, disliked in enumerate(("i1", "i6", "i11", "i16", "i40")):
        user_id = f"critic-{number}"
        for item in (20, 21, 22, 23):
            service.tell(user_id, f"i{item}", "rate", value=4)
        likes = service.http.get(f"/v1/items/{disliked}/similar?limit=10").json()["items"]
        alike = [item["item_id"] for item in likes]
        before = _places(service, user_id)
        service.tell(user_id, disliked, "dislike")
        after = _places(service, user_id)
        fell.append(mean(after[item_id] - before[item_id] for item_id in alike))
        assert after[disliked] > before[disliked]
    assert mean(fell) > 2


def test_low_values_of_a_genre_leave_fewer_of_it_and_high_ones_more(service: "Running") -> None:
    """Of anonymous sessions of five items of each genre: how many of that genre are among the ten that follow."""
    before = service.ids(user_id="nobody-yet", limit=10)
    counts = {1: 0, 5: 0}
    without = 0
    for genre in range(4):
        without += _count(before, genre)
        for value in counts:
            rated = [
                {"item_id": f"i{item}", "action": "rate", "value": value} for item in range(genre, 4 * 5, 4)
            ]
            counts[value] += _count(service.ids(session=rated, limit=10), genre)
    assert max(counts[1], without) < counts[5] / 2


def test_events_without_information_leave_the_list_as_it_is(service: "Running") -> None:
    """Unknown items, and items put without attributes, of known users and of anonymous sessions.

    Both lists are within a session: that the user is back is information of its own (models.contract.recency).
    """
    for number in range(5):
        assert service.http.put(f"/v1/items/bare-{number}", json={"attributes": {}}).is_success
    kept = []
    for user in range(8):
        known = [{"item_id": f"i{user + 4 * step}", "action": "rate", "value": 5} for step in range(5)]
        for name in ("unknown", "bare"):
            nothing = [{"item_id": f"{name}-{step}", "action": "rate", "value": 4} for step in range(5)]
            for asked, session in (({"user_id": f"u{user}"}, known[:1]), ({}, known)):
                before = service.ids(**asked, session=session, limit=10)
                after = service.ids(**asked, session=[*session, *nothing], limit=10)
                kept.append(len(set(before) & set(after)) / len(before))
    for number in range(5):
        service.http.delete(f"/v1/items/bare-{number}").raise_for_status()
    assert mean(kept) >= 0.8


def _count(item_ids: list[str], genre: int) -> int:
    return sum(int(item_id[1:]) % 4 == genre for item_id in item_ids if item_id[0] == "i")


def _places(service: "Running", user_id: str) -> dict[str, int]:
    """Item id -> its rank among all, by the head `next`."""
    asked = {"item_ids": ALL, "weights": {"next": 1}, "diversity": {"method": "none"}}
    return {item_id: item["rank"] for item_id, item in service.rank(user_id=user_id, **asked).items()}


def test_stated_interests_move_the_list(service: "Running") -> None:
    before = _places(service, "speaker")
    said = {"interests": "wild animals: dogs, horses, lions", "attributes": {"job": "artist"}}
    assert service.http.put("/v1/users/speaker", json=said).status_code == httpx.codes.OK
    after = _places(service, "speaker")
    assert mean(after[item_id] - before[item_id] for item_id in ALL[3::4]) < 0


def test_a_retry_is_stored_once(service: "Running") -> None:
    event = {"event_id": "once", "user_id": "again", "item_id": "i5", "action": "view"}
    assert service.post("/v1/events", events=[event, event])["accepted"] == 1
    assert service.post("/v1/events", events=[event])["duplicates"] == 1
    assert service.events_of("again") == ["i5"]


def test_an_erased_user_is_a_new_one(service: "Running") -> None:
    newcomer = _places(service, "somebody-new")
    assert len(service.events_of("u11")) > 10
    service.tell("u11", "i2")
    assert _places(service, "u11") != newcomer
    receipt = service.http.delete("/v1/users/u11").json()
    assert receipt["receipt"] and receipt["deleted"]["events"] == 1
    assert service.http.get("/v1/users/u11").status_code == httpx.codes.NOT_FOUND
    assert _places(service, "u11") == newcomer
    assert set(service.ids(user_id="u11", limit=100)) == set(ALL)
    service.tell("u11", "i7")
    assert service.events_of("u11") == ["i7"]
    assert "i7" not in service.ids(user_id="u11", limit=100)
    assert _places(service, "u11") != newcomer
