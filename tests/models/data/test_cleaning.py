"""Cleaning: what is taken, what is not and why, to the row."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from models.data.cleaning import CleaningReport
from models.data.dataset import load_dataset
from models.data.losses import Loss
from models.data.outliers import find_outliers
from models.job.errors import JobError
from models.job.spec import JobSpec

Write = Callable[[str, str], Path]
EVENTS = {"path": "events.csv", "user": "u", "item": "i", "time": "t", "value": "v", "action": "a"}
ROWS = (
    "u,i,t,v,a\n"
    "ann,x,10,4,rate\n"  # 2
    "ann,x,10,5,rate\n"  # 3: the same event with another value, which replaces the first
    "ann,x,10,4,view\n"  # 4: another action
    ",x,10,1,rate\n"  # 5
    "bob,,10,2,rate\n"  # 6
    "bob,x,,4,rate\n"  # 7
    "bob,x,10,3,\n"  # 8
    "bob,x,soon,4,rate\n"  # 9
    "bob,x,11,good,rate\n"  # 10
    "bob,x,-1,4,rate\n"  # 11
    "bob,x,1500000000000,4,rate\n"  # 12: milliseconds taken for seconds
    "bob,x,inf,4,rate\n"  # 13
    "bob,x,12,,rate\n"  # 14: no value, which is fine
    "bob,x,13,3,rate,extra\n"  # 15
    "bob,x,13,3,rate\n"  # 16
    "bob,y,14,9999,rate\n"  # 17
    "bob,,soon,x,\n"  # 18: the first reason counts
)


def quarantined(path: Path) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_every_row_is_taken_or_quarantined_once(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    write("events.csv", ROWS)
    found = load_dataset(job(interactions=EVENTS | {"max_loss": 0.7}), tmp_path / "deep" / "quarantine.jsonl")
    assert found.cleaning == CleaningReport(
        rows=17,
        kept=6,
        missing=5,
        unparsable=2,
        outliers=3,
        duplicates=0,
        replaced=1,
        values_dropped=2,
        items_without_attributes=2,
        users_without_profile=2,
    )
    assert found.interactions.times.tolist() == [10, 10, 11, 12, 13, 14]
    assert np.array_equal(
        found.interactions.values, np.array([5, 4, np.nan, np.nan, 3, np.nan], np.float32), equal_nan=True
    )
    rows = quarantined(tmp_path / "deep" / "quarantine.jsonl")
    assert {row["row"]: str(row["reason"]) for row in rows} == {
        2: "replaced: same user, item, time and action as a later row, which has another value",
        5: "missing: u is empty",
        6: "missing: i is empty",
        7: "missing: t is empty",
        8: "missing: a is empty",
        9: "unparsable: t is not a time (time_unit: s)",
        10: "unparsable: v is not a number; kept without it",
        11: "outlier: t is not within 1970 and 2100",
        12: "outlier: t is not within 1970 and 2100",
        13: "outlier: t is not within 1970 and 2100",
        15: "unparsable: expected 5 cells, given 6",
        17: "outlier: v is infinite, or more than 6 robust deviations from the median; kept without it",
        18: "missing: i is empty",
    }
    assert len(rows) == 13
    raw = {row["row"]: row["raw"] for row in rows}
    assert raw[10] == {"u": "bob", "i": "x", "t": "11", "v": "good", "a": "rate"}
    assert raw[15] == "bob,x,13,3,rate,extra"
    assert {row["file"] for row in rows} == {"events.csv"}


def test_an_order_may_be_negative_but_not_a_word(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    write("events.csv", "u,i,n\na,x,-3\na,y,one\na,z,inf\na,z,\na,z,1e20\n")
    events = {"path": "events.csv", "user": "u", "item": "i", "order": "n", "max_loss": 0.7}
    found = load_dataset(job(interactions=events), tmp_path / "q.jsonl")
    assert found.interactions.times.tolist() == [-3, 1e20]
    assert [row["reason"] for row in quarantined(tmp_path / "q.jsonl")] == [
        "unparsable: n is not a number",
        "outlier: n is not finite",
        "missing: n is empty",
    ]


def test_an_empty_quarantine_replaces_an_old_one(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    write("events.csv", "u,i,t,v,a\nann,x,10,4,rate\n")
    write("q.jsonl", "old")
    load_dataset(job(interactions=EVENTS), tmp_path / "q.jsonl")
    assert (tmp_path / "q.jsonl").read_bytes() == b""


def test_nothing_left_is_an_error(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t,v,a\na,b,never,1,rate\n,b,1,1,rate\n")
    with pytest.raises(JobError, match="interactions: expected a usable row, given none among 2"):
        load_dataset(job(interactions=EVENTS), tmp_path / "q.jsonl")
    assert len(quarantined(tmp_path / "q.jsonl")) == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"time": "i"}, ["interactions.time: expected times in Unix seconds (time_unit: s) in the column i, given"]),
        ({"time": "iso"}, ["interactions.time_unit: expected times in Unix seconds (time_unit: s) in the column iso"]),
        ({"time_unit": "iso"}, ["interactions.time_unit: expected times in ISO 8601 (time_unit: iso) in the column t"]),
        ({"time": "ms"}, ["interactions.time_unit: expected times within 1970 and 2100 (time_unit: s) in the column"]),
        ({"time_unit": "ms"}, ["interactions.time_unit: expected s for times that are all in early 1970"]),
        ({"time": "old"}, ["interactions.time: expected times within 1970 and 2100 (time_unit: s) in the column old"]),
        ({"time": None, "order": "i"}, ["interactions.order: expected one number a row in the column i, given 'x0'"]),
        ({"value": "i"}, ["interactions.value: expected numbers in the column i, given 'x0'"]),
        ({"user": "none"}, ["interactions.user: expected one user a row in the column none, given an empty cell"]),
        (
            {"time": "i", "value": "i"},
            ["interactions.time: expected times in Unix seconds", "interactions.value: expected numbers in the column"],
        ),
    ],
)  # fmt: skip
def test_a_column_that_nearly_no_row_fits_is_the_jobs_error(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, changes: dict[str, str], expected: list[str]
) -> None:
    """One row of twenty is fit, whatever the column but the empty one: that is no reason to train on it."""
    row = "u{n},x{n},{t},{n},rate,2024-01-01T00:00:{n:02d},{t}000,-{t},\n"
    rows = "".join(row.format(n=n, t=1_700_000_000 + n) for n in range(19))
    write("events.csv", f"u,i,t,v,a,iso,ms,old,none\n{rows}ann,7,9,4,rate,9,9,9,\n")
    if changes == {"time_unit": "ms"}:
        write("events.csv", f"u,i,t,v,a,iso,ms,old,none\n{rows}")
    with pytest.raises(JobError) as raised:
        load_dataset(job(interactions={**EVENTS, **changes}), tmp_path / "q.jsonl")
    assert len(raised.value.errors) == len(expected)
    for error, start in zip(raised.value.errors, expected, strict=True):
        assert error.startswith(start)
        assert ", given " in error
    if changes == {"value": "i"}:
        assert str(raised.value).endswith("given 'x0' and the like in 19 of 20 rows")


def test_milliseconds_may_be_few(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    """A clock that starts at 0 is one, too."""
    write("events.csv", "u,i,t,v,a\nann,x,0,4,rate\nann,y,1700000000,4,rate\n")
    found = load_dataset(job(interactions=EVENTS | {"time_unit": "ms"}), tmp_path / "q.jsonl")
    assert found.interactions.times.tolist() == [0, 1_700_000]


DAY = 86_400_000
"""Milliseconds."""


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (2 * DAY, 3 * DAY),  # days after a start
        (0, 40 * DAY),
        (946_684_799, 1_700_000_000),  # one begins in 1999 as seconds
        (1_700_000_000, 4_102_444_801),  # and one ends after 2100
        (1_700_000_000_000, 1_700_000_001_000),
    ],
)
def test_milliseconds_may_count_from_any_start(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, first: int, last: int
) -> None:
    write("events.csv", f"u,i,t,v,a\nann,x,{first},4,rate\nann,y,{last},4,rate\n")
    found = load_dataset(job(interactions=EVENTS | {"time_unit": "ms"}), tmp_path / "q.jsonl")
    assert found.interactions.times.tolist() == [first / 1000, last / 1000]


@pytest.mark.parametrize(("first", "last"), [(946_684_800, 4_102_444_800), (1_700_000_000, 1_700_000_001)])
def test_seconds_are_no_milliseconds(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, first: int, last: int
) -> None:
    write("events.csv", f"u,i,t,v,a\nann,x,{first},4,rate\nann,y,{last},4,rate\n")
    with pytest.raises(
        JobError, match=f"^interactions.time_unit: expected s .*, given ms for {first} to {last}$"
    ):
        load_dataset(job(interactions=EVENTS | {"time_unit": "ms"}), tmp_path / "q.jsonl")


@pytest.mark.parametrize("column", range(5), ids=list("uitva"))
def test_nearly_all_cells_may_be_empty(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, column: int
) -> None:
    """A log of guests: what the others did is learnt, where the job allows such a loss."""
    cells = ["ann", "x", "1", "4", "rate"]
    cells[column] = ""
    write("events.csv", "u,i,t,v,a\n" + f"{','.join(cells)}\n" * 19 + "bob,y,2,4,view\n")
    if column != 3:
        with pytest.raises(
            JobError, match=r"max_loss: expected at most 50% .*, given 19 of 20: 19 rows: . is empty"
        ):
            load_dataset(job(interactions=EVENTS), tmp_path / "q.jsonl")
    found = load_dataset(job(interactions=EVENTS | {"max_loss": 1}), tmp_path / "q.jsonl").cleaning
    if column == 3:
        assert (found.missing, found.duplicates, found.kept) == (0, 18, 2)
    else:
        assert (found.missing, found.duplicates, found.kept) == (19, 0, 1)


def test_half_of_the_rows_may_be_unfit(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t,v,a\n" + "ann,x,soon,4,rate\n" * 8 + "ann,y,1,4,rate\nann,z,2,4,rate\n")
    with pytest.raises(
        JobError,
        match=r"^interactions.max_loss: expected at most 50% of the rows to be unusable, given 8 of 10: "
        r"8 rows: t is not a time \(time_unit: s\), such as events.csv, row 2: 'soon'$",
    ):
        load_dataset(job(interactions=EVENTS), tmp_path / "q.jsonl")
    found = load_dataset(job(interactions=EVENTS | {"max_loss": 0.8}), tmp_path / "q.jsonl")
    assert found.cleaning.kept == 2
    log = found.losses[0]
    assert log.losses == (Loss("t is not a time (time_unit: s)", 8, "events.csv, row 2: 'soon'"),)
    assert log.is_large and log.describe() == (
        "8 rows of the 10 rows of the log cannot be used: 8 rows: t is not a time (time_unit: s), "
        "such as events.csv, row 2: 'soon'"
    )


def test_the_order_breaks_ties_of_the_time(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t,n\nann,x,5,3\nann,y,5,1\nann,z,4,9\nann,w,5,2\nbob,x,1,\n")
    events = {"path": "events.csv", "user": "u", "item": "i", "time": "t", "order": "n"}
    found = load_dataset(job(interactions=events), tmp_path / "q.jsonl")
    assert [found.items[item].item_id for item in found.interactions.items] == ["z", "y", "w", "x"]
    assert found.cleaning.missing == 1 and found.timed


def test_rows_of_another_order_are_other_events(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    write("events.csv", "u,i,t,n\nann,x,5,1\nann,x,5,2\nann,x,5,2\n")
    events = {"path": "events.csv", "user": "u", "item": "i", "time": "t", "order": "n"}
    found = load_dataset(job(interactions=events), tmp_path / "q.jsonl").cleaning
    assert (found.kept, found.duplicates) == (2, 1)


def test_actions_get_the_names_of_the_job(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,t,a\na,x,1,Kauf\na,y,2,Bestellung\na,z,3,Retoure\na,z,4,view\n")
    names = {"Kauf": "purchase", "Bestellung": "purchase", "Retoure": "dislike"}
    events = {
        "path": "events.csv",
        "user": "u",
        "item": "i",
        "time": "t",
        "action": "a",
        "action_names": names,
    }
    log = load_dataset(job(interactions=events), tmp_path / "q.jsonl").interactions
    assert [log.action_names[code] for code in log.actions] == ["purchase", "purchase", "dislike", "view"]


def test_outlying_by_hand() -> None:
    # median 3, absolute deviations 2 1 0 1 2: MAD 1, so 3 +- 6 * 1.4826 = -5.9 .. 11.9
    values = np.array([1, 2, 3, 4, 5, 11, 12, 400, -400, np.nan, np.inf])
    reference = np.arange(11) < 5
    # logarithms: median log 4 = 1.386, MAD log 5/4 = 0.223; beyond e^(1.386 + 6 * 1.4826 * 0.223) - 1 = 28
    assert np.flatnonzero(find_outliers(values, reference)).tolist() == [7, 8, 10]


def test_a_long_tail_is_no_outlier_and_equal_values_make_none() -> None:
    durations = np.exp(np.random.default_rng(7).normal(3, 1.5, 5000))
    everything = np.ones(5000, dtype=bool)
    assert not find_outliers(durations, everything).any()
    assert not find_outliers(np.array([1.0] * 9 + [100.0]), np.ones(10, dtype=bool)).any()


def test_later_values_have_no_say_in_what_is_an_outlier() -> None:
    values = np.array([1, 2, 3, 4, 5, 400, 3, 3], dtype=np.float64)
    reference = np.arange(8) < 5
    before = find_outliers(values, reference)
    changed = values.copy()
    changed[6:] = 1e6
    assert find_outliers(changed, reference)[:6].tolist() == before[:6].tolist()
