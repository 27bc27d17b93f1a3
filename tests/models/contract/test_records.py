"""Items, users, histories: what is written is what is read."""

import numpy as np
import pytest
from pydantic import ValidationError

from models.contract.catalogue import Item, User
from models.contract.events import Event, EventColumns
from models.contract.histories import read_histories, write_histories
from models.contract.records import (
    EventRecord,
    GoldenRequest,
    UserRecord,
    read_items,
    read_users,
    write_items,
    write_users,
)


def test_items(tmp_path):
    items = [
        Item("a\n\u2028", {"title": "é", "year": 1990.0, "genres": ("War", "1")}, {"image": (0.1, 1e-30)}),
        Item("", {}, {}, available=False),
        Item("digits", {"brand": "42"}),
    ]
    write_items(tmp_path / "items", items)
    assert read_items(tmp_path / "items") == items


def test_users(tmp_path):
    users = [User("u", {"age": 3.0, "job": "7"}, "war, peace"), User("v")]
    write_users(tmp_path / "users", users)
    assert read_users(tmp_path / "users") == users


def test_a_line_that_is_no_record(tmp_path):
    (tmp_path / "items").write_text('{"item_id": "a"}\n{"id": "b"}\n')
    with pytest.raises(ValidationError):
        read_items(tmp_path / "items")


def test_histories(tmp_path):
    histories = EventColumns(
        offsets=np.array([0, 2, 2, 3]),
        items=np.array([1, 0, 1]),
        actions=np.array([0, 1, 0]),
        values=np.array([4.5, np.nan, 0.0], np.float32),
        times=np.array([1.5, 1.7e9, 3.0]),
        action_names=("rate", "übung"),
    )
    write_histories(tmp_path / "h.npz", histories)
    found = read_histories(tmp_path / "h.npz")
    assert found.events(0, ["a", "b"]) == (Event("b", "rate", 1.5, 4.5), Event("a", "übung", 1.7e9, None))
    assert found.events(1, ["a", "b"]) == ()
    assert found.events(2, ["a", "b"]) == (Event("b", "rate", 3.0, 0.0),)
    (tmp_path / "odd.npz").write_bytes(b"odd")
    with pytest.raises((OSError, KeyError, ValueError)):
        read_histories(tmp_path / "odd.npz")


def test_a_golden_requests_user():
    request = GoldenRequest(
        profile=UserRecord(user_id="u", interests="war"),
        events=(EventRecord(item_id="a", action="rate", timestamp=1.0, value=2.0),),
        now=2.0,
        context={},
        item_ids=("a",),
        logits={"next": ((0.5,),)},
    )
    assert request.state().user_id == "u"
    assert request.state().events == (Event("a", "rate", 1.0, 2.0),)
    anonymous = request.model_copy(update={"profile": None})
    assert (anonymous.state().user_id, anonymous.state().profile) == (None, None)
