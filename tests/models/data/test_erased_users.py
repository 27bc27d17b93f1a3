"""A job's lists of erased users: what the data have of them from before is left out, and counted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.contract.erasures import ErasureDocument, ErasureList, digest_user
from models.contract.unix_time import NO_TIME
from models.data.dataset import Dataset, load_dataset
from models.job.errors import JobError
from models.job.spec import JobSpec
from tests.models.histories import events_of

Write = Callable[[str, str], Path]
Job = Callable[..., JobSpec]
KEY = b"k" * 32
LOG = "u,i,t\n1,10,100\n2,11,200\n1,12,300\n2,10,400\n3,12,500\n"
EVENTS = {"path": "events.csv", "user": "u", "item": "i", "time": "t"}


@pytest.fixture(autouse=True)
def files(write: Write, tmp_path: Path) -> None:
    """User 1 was erased at 300, after one of two events, and user 3 after all of theirs."""
    write("events.csv", LOG)
    erased_at = {digest_user(KEY, "1"): 300.0, digest_user(KEY, "3"): 501.0, digest_user(KEY, "9"): 1.0}
    ErasureList(ErasureDocument(key=KEY.hex(), erased_at=erased_at)).write(tmp_path / "_erasures.json")


def load(job: Job, folder: Path, **keys: Any) -> Dataset:
    given = {"interactions": EVENTS, "erasures": "_erasures.json", **keys}
    return load_dataset(job(**given), folder / "q.jsonl")


def times(found: Dataset) -> dict[str, list[float]]:
    users = zip(found.user_ids, events_of(found.interactions, found), strict=True)
    return {user: [event.timestamp for event in events] for user, events in users}


def test_events_before_the_erasure_are_left_out(job: Job, tmp_path: Path) -> None:
    found = load(job, tmp_path)
    assert times(found) == {"2": [200.0, 400.0], "1": [300.0]}
    assert (found.cleaning.rows, found.cleaning.kept, found.cleaning.erased) == (5, 3, 2)


def test_without_times_all_events_are_left_out(job: Job, tmp_path: Path) -> None:
    ordered = {"path": "events.csv", "user": "u", "item": "i", "order": "t"}
    assert load(job, tmp_path, interactions=ordered).user_ids == ("2",)


def test_profiles_and_earlier_events_are_left_out(job: Job, write: Write, tmp_path: Path) -> None:
    write("users.csv", "id,city\n1,Rome\n2,Oslo\n3,Kiev\n")
    write("past.csv", "who,what\n1,12|11\n2,12\n")
    found = load(
        job,
        tmp_path,
        users={"path": "users.csv", "id": "id", "categorical": ["city"]},
        histories={"path": "past.csv", "user": "who", "items": "what"},
    )
    assert times(found) == {"2": [NO_TIME, 200.0, 400.0], "1": [300.0]}
    assert {user.user_id: dict(user.attributes) for user in found.users} == {"2": {"city": "Oslo"}, "1": {}}
    assert found.cleaning.earlier_events == 1


def test_a_log_of_erased_users_alone_is_refused(job: Job, write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t\n1,10,100\n3,11,200\n")
    with pytest.raises(JobError, match="expected a usable row, given none among 2"):
        load(job, tmp_path)


def test_a_file_of_another_kind_is_refused(job: Job, tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"erasures: expected a list of erased users.*events\.csv"):
        load(job, tmp_path, erasures="events.csv")
