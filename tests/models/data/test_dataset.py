"""The dataset: numbered, aligned, sorted; from the poorest log to one with tables of both kinds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.contract.catalogue import Item, User
from models.contract.events import Event
from models.data.dataset import Dataset, load_dataset, take
from models.data.order_check import check_order
from models.job.errors import JobError
from models.job.spec import JobSpec
from tests.models.histories import events_of

Write = Callable[[str, str], Path]


def rich(job: Callable[..., JobSpec], write: Write, folder: Path) -> Dataset:
    write(
        "events.csv",
        "u,i,t,v,a,device\n"
        "bob,B,30,2,rate,phone\n"
        "ann,A,10,5,rate,\n"
        "ann,C,20,,view,desk\n"
        "bob,Z,20,1,rate,phone\n",
    )
    write(
        "items.csv",
        'id,title,genres,year\nA,"First, the",Drama|War,1990\nB,,,old\nC,Third,Drama,\nA,Again,,\n,x,,\n',
    )
    write("users.jsonl", '{"id": "cid", "age": 30}\n{"id": "ann", "gender": "F", "age": 41}\n')
    spec = job(
        interactions={
            "path": "events.csv", "user": "u", "item": "i", "time": "t", "value": "v", "action": "a",
            "context": ["device"],
        },
        items={"path": "items.csv", "id": "id", "text": "title", "categories": "genres", "numeric": "year"},
        users={"path": "users.jsonl", "id": "id", "categorical": "gender", "numeric": "age"},
    )  # fmt: skip
    return load_dataset(spec, folder / "q.jsonl")


def test_rich(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    found = rich(job, write, tmp_path)
    assert found.timed
    assert found.items == (
        Item("A", {"genres": ("Drama", "War"), "year": 1990.0, "title": "First, the"}),
        Item("B"),
        Item("C", {"genres": ("Drama",), "title": "Third"}),
        Item("Z"),
    )
    assert found.user_ids == ("ann", "bob", "cid")
    assert found.users == (User("ann", {"gender": "F", "age": 41.0}), User("bob"), User("cid", {"age": 30.0}))
    log = found.interactions
    assert len(log) == 4
    assert log.times.tolist() == [10, 20, 20, 30]
    assert log.users.tolist() == [0, 0, 1, 1]
    assert log.items.tolist() == [0, 2, 3, 1]
    assert [log.action_names[code] for code in log.actions] == ["rate", "view", "rate", "rate"]
    assert log.contexts["device"].names == ("desk", "phone")
    assert log.contexts["device"].codes.tolist() == [-1, 0, 1, 1]


def test_rich_report_and_quarantine(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    report = rich(job, write, tmp_path).cleaning
    assert (report.rows, report.kept) == (4, 4)
    assert (report.item_rows, report.item_rows_rejected, report.attributes_rejected) == (5, 2, 1)
    assert (report.user_rows, report.user_rows_rejected) == (2, 0)
    assert (report.items_without_attributes, report.users_without_profile) == (1, 1)
    rows = [orjson.loads(line) for line in (tmp_path / "q.jsonl").read_bytes().splitlines()]
    assert [(row["file"], row["row"], row["reason"]) for row in rows] == [
        ("items.csv", 5, "duplicate: same id as an earlier row"),
        ("items.csv", 6, "missing: id is empty"),
        ("items.csv", 3, "unparsable: year is not a finite number; kept without it"),
    ]


def test_events_of_each_user(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    found = rich(job, write, tmp_path)
    assert events_of(found.interactions, found) == [
        (Event("A", "rate", 10.0, 5.0), Event("C", "view", 20.0, None, {"device": "desk"})),
        (
            Event("Z", "rate", 20.0, 1.0, {"device": "phone"}),
            Event("B", "rate", 30.0, 2.0, {"device": "phone"}),
        ),
        (),
    ]
    assert [len(events) for events in events_of(take(found.interactions, np.array([1, 3])), found)] == [
        1,
        1,
        0,
    ]


def test_poor(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write(
        "events.jsonl",
        '{"who": 2, "what": 10, "n": 1}\n{"who": 1, "what": 11, "n": 1}\n{"who": 1, "what": 10, "n": 0}\n',
    )
    spec = job(interactions={"path": "events.jsonl", "user": "who", "item": "what", "order": "n"})
    found = load_dataset(spec, tmp_path / "q.jsonl")
    assert not found.timed
    assert found.interactions.times.tolist() == [0, 1, 1]  # by order, then by user
    assert [found.user_ids[row] for row in found.interactions.users] == ["1", "1", "2"]
    assert [found.items[row].item_id for row in found.interactions.items] == ["10", "11", "10"]
    assert np.isnan(found.interactions.values).all()
    assert found.interactions.action_names == ("view",)
    assert found.interactions.contexts == {}


def test_values_without_actions_are_ratings(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    write("events.csv", "u,i,t,v\na,x,1,\n")
    events = {"path": "events.csv", "user": "u", "item": "i", "time": "t", "value": "v"}
    assert load_dataset(job(interactions=events), tmp_path / "q.jsonl").interactions.action_names == ("rate",)


def test_parquet_and_csv_say_the_same(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t,v\n1,10,5,3\n2,11,6,4\n1,11,7,5\n")
    columns = {
        "u": [1, 2, 1],
        "i": [10.0, 11.0, 11.0],
        "t": pa.array([5, 6, 7], pa.timestamp("s")),
        "v": [3, 4, 5],
    }
    pq.write_table(pa.table(columns), tmp_path / "events.parquet")
    events = {"user": "u", "item": "i", "time": "t", "value": "v"}
    one, other = (
        load_dataset(job(interactions=events | {"path": f"events.{suffix}"}), tmp_path / "q.jsonl")
        for suffix in ("csv", "parquet")
    )
    assert one.user_ids == other.user_ids == ("1", "2")
    assert one.items == other.items == (Item("10"), Item("11"))
    assert events_of(one.interactions, one) == events_of(other.interactions, other)


def test_vectors_of_another_size_are_left_out(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    write("events.csv", "u,i,t\na,x,1\n")
    write(
        "items.jsonl",
        '{"id": "x", "image": [1, 2]}\n{"id": "y", "image": [1, 2, 3]}\n{"id": "z", "image": [3, 4.5]}\n'
        '{"id": "w", "image": ["a", 1]}\n{"id": "v"}\n',
    )
    spec = job(
        interactions={"path": "events.csv", "user": "u", "item": "i", "time": "t"},
        items={"path": "items.jsonl", "id": "id", "vectors": ["image"]},
    )
    found = load_dataset(spec, tmp_path / "q.jsonl")
    assert [dict(item.vectors) for item in found.items] == [
        {"image": (1, 2)},
        {},
        {"image": (3, 4.5)},
        {},
        {},
    ]
    reasons = [orjson.loads(line)["reason"] for line in (tmp_path / "q.jsonl").read_bytes().splitlines()]
    assert reasons == [
        "unparsable: expected 2 finite numbers in image, given 3; kept without it",
        "unparsable: expected 2 finite numbers in image, given something else; kept without it",
    ]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ({"numeric": "kind"}, "items.numeric.kind: expected cells that can be read, given 10 of 10 that cannot"),
        ({"vectors": "kind"}, "items.vectors.kind: expected cells that can be read, given 10 of 10 that cannot"),
        ({"id": "kind"}, "items.id: expected IDs that interactions.item has too, such as '1', given none of them, but"),
        ({"id": "none"}, "items.id: expected IDs, given an empty cell in every row of the column none"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_the_job(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, items: dict[str, str], expected: str
) -> None:
    write("events.csv", "u,i,t\n" + "".join(f"ann,{n},{n}\n" for n in range(1, 11)))
    write("items.csv", "id,kind,none\n" + "".join(f"{n},k{n},\n" for n in range(1, 11)))
    spec = job(
        interactions={"path": "events.csv", "user": "u", "item": "i", "time": "t"},
        items={"path": "items.csv", "id": "id"} | items,
    )
    with pytest.raises(JobError) as raised:
        load_dataset(spec, tmp_path / "q.jsonl")
    assert str(raised.value).startswith(expected)


def items_with_years(job: Callable[..., JobSpec], write: Write, years: list[str]) -> JobSpec:
    write("events.csv", "u,i,t\nann,0,1\nann,1,2\n")
    write("items.csv", "id,year\n" + "".join(f"{n},{year}\n" for n, year in enumerate(years)))
    return job(
        interactions={"path": "events.csv", "user": "u", "item": "i", "time": "t"},
        items={"path": "items.csv", "id": "id", "numeric": "year"},
    )


@pytest.mark.parametrize(
    "years",
    [
        ["n/a", *[""] * 59],
        [*["n/a"] * 9, *[""] * 51],
        [*["n/a"] * 10, *["1990"] * 2, *[""] * 48],  # 10 of 12 filled ones: 83 %
    ],
    ids=["one", "nine", "ten of twelve"],
)
def test_a_sparse_column_may_have_a_few_bad_cells(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, years: list[str]
) -> None:
    found = load_dataset(items_with_years(job, write, years), tmp_path / "q.jsonl")
    assert found.cleaning.attributes_rejected == years.count("n/a")
    assert [item.attributes.get("year") for item in found.items] == [
        1990.0 if year == "1990" else None for year in years
    ]


@pytest.mark.parametrize(
    ("years", "given"),
    [
        ([*["n/a"] * 10, *[""] * 50], "given 10 of 10 that"),
        ([*["n/a"] * 18, *["1990"] * 2, *[""] * 40], "given 18 of 20 that"),
        (["n/a", "n/a"], "given 2 of 2 that"),
    ],
)
def test_a_column_of_bad_cells_is_no_number(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, years: list[str], given: str
) -> None:
    with pytest.raises(JobError, match=f"^items.numeric.year: expected cells that can be read, {given}"):
        load_dataset(items_with_years(job, write, years), tmp_path / "q.jsonl")


@pytest.mark.parametrize(("logged", "described"), [(10, 9), (9, 10), (1, 1)])
def test_a_small_table_may_be_of_newcomers_only(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, logged: int, described: int
) -> None:
    write("events.csv", "u,i,t\n" + "".join(f"u{n},i{n},{n}\nu{n},i{n},{n + 50}\n" for n in range(logged)))
    write("users.csv", "id,age\n" + "".join(f"new{n},{n}\n" for n in range(described)))
    write("items.csv", "id,year\n" + "".join(f"new{n},{n}\n" for n in range(described)))
    spec = job(
        interactions={"path": "events.csv", "user": "u", "item": "i", "time": "t"},
        items={"path": "items.csv", "id": "id", "numeric": "year"},
        users={"path": "users.csv", "id": "id", "numeric": "age"},
    )
    found = load_dataset(spec, tmp_path / "q.jsonl")
    assert len(found.users) == len(found.items) == logged + described
    assert found.cleaning.users_without_profile == found.cleaning.items_without_attributes == logged


def test_one_shared_id_is_enough(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t\n" + "".join(f"u{n},x,{n}\n" for n in range(20)))
    write("users.csv", "id\n" + "".join(f"u{n}\n" for n in range(19, 40)))
    events = {"path": "events.csv", "user": "u", "item": "i", "time": "t"}
    found = load_dataset(
        job(interactions=events, users={"path": "users.csv", "id": "id"}), tmp_path / "q.jsonl"
    )
    assert len(found.users) == 40 and found.cleaning.users_without_profile == 19


def test_users_of_another_log(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t\n" + "".join(f"{n}.0,x,{n}\n" for n in range(1, 11)))
    write("users.csv", "id\n" + "".join(f"{n}\n" for n in range(1, 11)))
    events = {"path": "events.csv", "user": "u", "item": "i", "time": "t"}
    spec = job(interactions=events, users={"path": "users.csv", "id": "id"})
    with pytest.raises(
        JobError, match=r"users.id: expected IDs .* such as '1.0', given none of them, .* '1'"
    ):
        load_dataset(spec, tmp_path / "q.jsonl")


@pytest.mark.parametrize(
    ("orders", "warned"), [((1, 2, 1, 2, 1), True), ((1, 2, 3, 4, 5), False), ((7, 8, 9, 9, 7), True)]
)
def test_an_order_that_counts_each_users_events_is_no_clock(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, orders: tuple[int, ...], warned: bool
) -> None:
    rows = zip(("ann", "ann", "bob", "bob", "cid"), orders, strict=True)
    write("events.csv", "u,i,n\n" + "".join(f"{user},x{order},{order}\n" for user, order in rows))
    spec = job(interactions={"path": "events.csv", "user": "u", "item": "i", "order": "n"})
    found = load_dataset(spec, tmp_path / "q.jsonl")
    warnings = list(check_order(found.interactions, found.timed))
    assert bool(warnings) == warned
    assert all(warning.startswith("interactions.order: starts at ") for warning in warnings)
    assert not list(check_order(found.interactions, True))
