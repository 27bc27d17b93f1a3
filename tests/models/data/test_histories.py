"""Earlier events without times: read from every format, placed before the log, and never labelled, valid or test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.contract.events import Event
from models.contract.tasks import Task
from models.contract.unix_time import NO_TIME
from models.data.conditions import read_codes
from models.data.dataset import Dataset, load_dataset
from models.data.headers import check_headers
from models.data.labels import label
from models.data.order_check import check_order
from models.data.split import split
from models.job.errors import JobError
from models.job.label_expression import Operand
from models.job.spec import JobSpec
from tests.models.histories import events_of

Write = Callable[[str, str], Path]
Job = Callable[..., JobSpec]
EVENTS = {"path": "events.csv", "user": "u", "item": "i", "time": "t"}
LISTS = {"user": "who", "items": "what"}
LOG = "u,i,t\n1,10,100\n2,11,200\n1,12,300\n2,10,400\n"


def load(job: Job, folder: Path, **keys: Any) -> Dataset:
    return load_dataset(job(**{"interactions": EVENTS, **keys}), folder / "q.jsonl")


def reasons(folder: Path) -> list[tuple[int, str]]:
    rows = map(orjson.loads, (folder / "q.jsonl").read_bytes().splitlines())
    return [(row["row"], row["reason"]) for row in rows]


def item_lists(found: Dataset) -> dict[str, list[str]]:
    """User -> the items of their events, oldest first."""
    users = zip(found.user_ids, events_of(found.interactions, found), strict=True)
    return {user: [event.item_id for event in events] for user, events in users}


def write_parquet(folder: Path, ids: pa.DataType) -> None:
    lists = pa.array([[12, 10, 12], None, [], [99]], pa.list_(ids))
    pq.write_table(pa.table({"who": [2, 1, 4, 3], "what": lists}), folder / "past.parquet")


FORMS = {
    "past.csv": "who,what\n2,12|10| 12\n1,\n4,\n3,99|\n",
    "past.tsv": "who\twhat\n2\t12|10|12\n1\t\n4\t\n3\t99\n",
    "past.jsonl": '{"who": 2, "what": [12, "10", 12.0]}\n{"who": 1}\n{"who": 4, "what": []}\n{"who": 3, "what": 99}\n',
}


@pytest.mark.parametrize("name", [*FORMS, "past.parquet", "past.parquet of floats"])
def test_every_format(job: Job, write: Write, tmp_path: Path, name: str) -> None:
    write("events.csv", LOG)
    if name in FORMS:
        write(name, FORMS[name])
    else:
        write_parquet(tmp_path, pa.float32() if "floats" in name else pa.int64())
    found = load(job, tmp_path, histories={"path": name.split(maxsplit=1)[0], **LISTS})
    assert item_lists(found) == {"2": ["12", "10", "12", "11", "10"], "3": ["99"], "1": ["10", "12"]}
    assert found.interactions.earlier == found.cleaning.earlier_events == 4
    assert (found.cleaning.rows, found.cleaning.history_rows, found.cleaning.history_rows_rejected) == (
        4,
        4,
        0,
    )
    assert reasons(tmp_path) == []


def test_empty_lists_alone(job: Job, write: Write, tmp_path: Path) -> None:
    write("events.csv", LOG)
    for name, text in (("past.csv", "who,what\n1,\n2,\n"), ("past.jsonl", '{"who": 1, "what": []}\n')):
        write(name, text)
        found = load(job, tmp_path, histories={"path": name, **LISTS})
        assert (found.interactions.earlier, len(found.interactions)) == (0, 4)


def test_ids_stay_exact(job: Job, write: Write, tmp_path: Path) -> None:
    """Beyond 2**53 a float is rounded."""
    large = 2**53 + 1
    write("events.csv", f"u,i,t\n1,{large},100\n")
    lists = pa.array([[large]], pa.list_(pa.int64()))
    pq.write_table(pa.table({"who": [1], "what": lists}), tmp_path / "past.parquet")
    found = load(job, tmp_path, histories={"path": "past.parquet", **LISTS})
    assert [item.item_id for item in found.items] == [str(large)]
    floats = pa.array([[float(2**53)]], pa.list_(pa.float64()))
    pq.write_table(pa.table({"who": [1], "what": floats}), tmp_path / "past.parquet")
    with pytest.raises(JobError, match=r"histories\.items: expected ids as texts or whole numbers"):
        load(job, tmp_path, histories={"path": "past.parquet", **LISTS})


def test_an_earlier_event_is_an_item_and_no_more(job: Job, write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t,a,n,d\n1,10,100,like,5,tv\n")
    write("past.csv", "who;what\n1;10,11\n")
    events = EVENTS | {"action": "a", "value": "n", "context": "d"}
    past = {"path": "past.csv", "delimiter": ";", "separator": ",", **LISTS}
    found = load(job, tmp_path, interactions=events, histories=past)
    assert events_of(found.interactions, found) == [
        (
            Event("10", "view", NO_TIME),
            Event("11", "view", NO_TIME),
            Event("10", "like", 100.0, 5.0, {"d": "tv"}),
        )
    ]
    for field in ("daypart", "weekday"):
        assert read_codes(Operand("time", field), found).codes.tolist()[:2] == [-1, -1]


def test_faults(job: Job, write: Write, tmp_path: Path) -> None:
    write("events.csv", LOG)
    rows = ['{"who": 1, "what": [10, null, 11]}', '{"what": [10]}', '{"who": 1, "what": [12]}']
    rows += ['{"who": 2, "what": [{"id": 10}]}', '{"who": 3, "what": [true]}', '{"who": 4, "what": [10]}']
    write("past.jsonl", "\n".join(rows) + "\n")
    past = {"path": "past.jsonl", **LISTS}
    found = load(job, tmp_path, histories=past | {"max_loss": 1})
    assert reasons(tmp_path) == [
        (4, "unparsable: expected a list of ids as what, given dict"),
        (5, "unparsable: expected a list of ids as what, given bool"),
        (1, "missing: an empty id in what; kept without it"),
        (2, "missing: who is empty"),
        (3, "duplicate: same who as an earlier row"),
    ]
    assert item_lists(found)["1"] == ["10", "11", "10", "12"]
    losses = found.losses[-1]
    assert losses.table == "histories" and losses.is_large and sum(loss.rows for loss in losses.losses) == 5
    assert losses.describe().startswith("5 rows and cells of the 6 rows of the histories cannot be used: ")
    assert (found.cleaning.history_rows, found.cleaning.history_rows_rejected) == (6, 4)
    with pytest.raises(
        JobError, match=r"histories\.max_loss: expected at most 50% of the rows to be unusable"
    ):
        load(job, tmp_path, histories=past)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'who,what\n1,"[10, 11]"\n2,"[12]"\n',
            r"histories\.items: expected ids parted by '\|' \(histories\.separator\), or lists",
        ),
        ("who,what\n" + "1,10\n" * 20, r"histories\.user: expected each user once in the column who"),
        ("who,what\n,10\n,11\n", r"histories\.user: expected one user a row in the column who"),
        ("who,what\n,10\n1,[11]\n", "histories: expected a usable row, given none among 2"),
    ],
    ids=["lists as texts", "one event a row", "no users", "no usable row"],
)
def test_a_table_of_another_form(job: Job, write: Write, tmp_path: Path, text: str, message: str) -> None:
    write("events.csv", LOG)
    write("past.csv", text)
    with pytest.raises(JobError, match=message):
        load(job, tmp_path, histories={"path": "past.csv", **LISTS})


def test_lists_of_lists(job: Job, write: Write, tmp_path: Path) -> None:
    write("events.csv", LOG)
    pq.write_table(pa.table({"who": [1], "what": [[[10]]]}), tmp_path / "past.parquet")
    with pytest.raises(
        JobError, match=r"histories\.items: expected lists of texts or numbers, given lists of"
    ):
        load(job, tmp_path, histories={"path": "past.parquet", **LISTS})


def test_a_missing_column(job: Job, write: Write) -> None:
    write("events.csv", LOG)
    write("past.csv", "who,seen\n1,10\n")
    with pytest.raises(
        JobError, match=r"histories\.items: expected one of the columns of past\.csv \(who, seen\)"
    ):
        check_headers(job(interactions=EVENTS, histories={"path": "past.csv", **LISTS}))


@pytest.mark.parametrize(("key", "users", "items"), [("user", 1000, 0), ("items", 0, 1000)])
def test_ids_of_another_log(job: Job, write: Write, tmp_path: Path, key: str, users: int, items: int) -> None:
    write("events.csv", "u,i,t\n" + "".join(f"{n},{n},{n}\n" for n in range(20)))
    write("past.csv", "who,what\n" + "".join(f"{n + users},{n + items}\n" for n in range(20)))
    with pytest.raises(JobError, match=rf"histories\.{key}: expected IDs that interactions"):
        load(job, tmp_path, histories={"path": "past.csv", **LISTS})


def test_the_tables_may_describe_what_only_the_histories_have(job: Job, write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t\n" + "".join(f"{n},{n},{n}\n" for n in range(20)))
    write("past.csv", "who,what\n" + "".join(f"{n},{n}|{n + 100}\n" for n in range(20)))
    write("items.csv", "id,k\n" + "".join(f"{n + 100},x\n" for n in range(20)))
    found = load(
        job,
        tmp_path,
        histories={"path": "past.csv", **LISTS},
        items={"path": "items.csv", "id": "id", "categorical": "k"},
    )
    assert len(found.items) == 40 and found.items[0].attributes == {"k": "x"}


@pytest.mark.parametrize("timed", [True, False], ids=["times", "order"])
def test_all_of_them_are_training(job: Job, write: Write, tmp_path: Path, timed: bool) -> None:
    rows = [f"{user},{step},{1000 + 10 * step + user},{step}" for step in range(10) for user in range(4)]
    write("events.csv", "u,i,t,n\n" + "\n".join(rows) + "\n")
    write("past.csv", "who,what\n0,5|6\n3,7\n")
    events = EVENTS if timed else {"path": "events.csv", "user": "u", "item": "i", "order": "n"}
    alone = load(job, tmp_path, interactions=events)
    found = load(job, tmp_path, interactions=events, histories={"path": "past.csv", **LISTS})
    assert item_lists(found)["0"][:3] == ["5", "6", "0"]
    expected = split(alone.interactions, timed, 0.2, 0.2)
    given = split(found.interactions, timed, 0.2, 0.2)
    assert given.train[:3].tolist() == [0, 1, 2]
    for name in ("train", "valid", "test"):
        rows_given = getattr(given, name)
        times = found.interactions.times[rows_given[rows_given >= 3]]
        assert times.tolist() == alone.interactions.times[getattr(expected, name)].tolist()
    assert (given.valid_at, given.test_at) == (expected.valid_at, expected.test_at)
    assert list(check_order(found.interactions, timed)) == list(check_order(alone.interactions, timed))


def test_no_head_has_a_label_for_them(job: Job, write: Write, tmp_path: Path) -> None:
    """Not even where it follows from the item or from the action, which are a view's."""
    write("events.csv", "u,i,t,a,v\n1,10,100,view,1\n1,11,200,like,2\n2,10,300,like,3\n2,12,400,view,4\n")
    write("items.csv", "id,k\n10,x|y\n11,y\n12,x\n")
    write("past.csv", "who,what\n1,12|12|12|12|11\n")
    tasks = (
        Task(name="seen", kind="binary", label='action == "view"'),
        Task(name="stars", kind="regression", label="value", range=(1, 5)),
        Task(name="kinds", kind="multilabel", label="item.k"),
        Task(name="daypart", kind="context", label="time.daypart"),
    )
    found = load(
        job,
        tmp_path,
        interactions=EVENTS | {"action": "a", "value": "v"},
        items={"path": "items.csv", "id": "id", "categories": "k"},
        histories={"path": "past.csv", **LISTS},
    )
    labels = label(tasks, found, np.arange(9))
    for one in labels:
        assert one.has_target(np.arange(9)).tolist() == [False] * 5 + [True] * 4
        assert one.reorder(np.arange(9)[::-1]).has_target(np.arange(9)).tolist() == [True] * 4 + [False] * 5
    with pytest.raises(JobError, match="expected a label in the training rows, given none"):
        label(tasks[:1], found, np.arange(5))


def test_the_logs_of_kuairand(job: Job, tmp_path: Path) -> None:
    """Real lists of 26,469 users, most of whom are in the log as well."""
    folder = Path(__file__).parents[3] / "../shared/data/kuairand-april"
    if not folder.exists():
        pytest.skip("there are no data sets beside the repository (../shared/data)")
    events = {"user": "user_id", "item": "video_id", "time": "time_ms", "time_unit": "ms"}
    found = load(
        job,
        tmp_path,
        interactions={"path": str(folder / "interactions.parquet"), **events},
        histories={"path": str(folder / "histories.parquet"), "user": "user_id", "items": "watch_seq"},
    )
    table = pq.read_table(folder / "histories.parquet", columns=["user_id", "watch_seq"])
    assert (
        found.interactions.earlier == pa.compute.sum(pa.compute.list_value_length(table["watch_seq"])).as_py()
    )
    user = found.user_ids.index(str(table["user_id"][0].as_py()))
    own = found.interactions.items[: found.interactions.earlier][
        found.interactions.users[: found.interactions.earlier] == user
    ]
    assert [found.items[row].item_id for row in own] == [str(item) for item in table["watch_seq"][0].as_py()]
