import json
from pathlib import Path
from typing import Any

from benchmarks.serving.batch import CALL_PAIRS, build_batch_calls
from benchmarks.serving.calls import EVERY, Call, Subject, build_calls, read_subject, split_calls

SUBJECT = Subject(("a", "b"), ("1", "2", "3"), "rate", 5.0, ("next", "like"), {})


def body_of(call: Call) -> dict[str, Any]:
    head, _, body = call.raw.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    return dict(json.loads(body))


def test_one_list_in_five_follows_an_event_of_its_user() -> None:
    calls = build_calls(SUBJECT, seed=1, lists=20)
    assert sum(call.is_list for call in calls) == 20
    events = [number for number, call in enumerate(calls) if not call.is_list]
    assert len(events) == 20 // EVERY
    for number in events:
        (event,) = body_of(calls[number])["events"]
        assert event["user_id"] == body_of(calls[number + 1])["user_id"]
        assert (event["action"], event["value"]) == ("rate", 5.0)
        assert event["item_id"] in SUBJECT.items
    assert {body_of(call)["user_id"] for call in calls if call.is_list} == {"a", "b"}
    assert all(body_of(call)["weights"] == {"next": 1.0, "like": 1.0} for call in calls if call.is_list)


def test_parts_have_all_calls_and_leave_events_with_their_lists() -> None:
    calls = build_calls(SUBJECT, seed=1, lists=23)
    parts = split_calls(calls, 4)
    assert [call for part in parts for call in part] == calls
    assert all(part[-1].is_list for part in parts)
    assert max(map(len, parts)) - min(map(len, parts)) <= 2


def test_a_batch_call_has_its_pairs() -> None:
    groups = body_of(build_batch_calls(SUBJECT)[0])["groups"]
    assert sum(len(group["item_ids"]) for group in groups) == CALL_PAIRS


def test_the_subject_is_of_the_bundle(trained: Path) -> None:
    subject = read_subject(trained)
    assert len(subject.users) == 40
    assert len(subject.items) == 80
    assert subject.heads == ("next", "like", "rating", "genre", "daypart")
    assert (subject.action, subject.value) == ("rate", 5.0)
    assert subject.attributes["title"] == "Robots on Mars 1"
