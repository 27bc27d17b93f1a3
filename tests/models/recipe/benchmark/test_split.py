"""The split at one moment, by hand on three users with earlier events."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from models.contract.calendar import DAY
from models.contract.unix_time import NO_TIME
from models.evaluation.baselines.popularity import Popularity
from models.evaluation.baselines.recent_popularity import RecentPopularity
from models.recipe.benchmark.data_sets import DATA_SETS, FoundDataSet
from models.recipe.benchmark.default_job import TRAINING, write_job
from models.recipe.benchmark.global_cut import GlobalCut
from models.recipe.benchmark.item_texts import read_item_texts
from models.recipe.benchmark.methods import rank_with
from models.recipe.benchmark.ordered_log import OrderedLog, read_log
from models.recipe.benchmark.readings import Reading
from models.recipe.benchmark.split import split_log
from models.recipe.benchmark.user_baseline import FromHistory

EVENTS = [
    (1, 10, 0.0, 1), (2, 10, 0.5, 1), (1, 11, 1.0, 1), (2, 13, 1.1, 0), (2, 11, 1.2, 1), (3, 12, 1.9, 1),
    (1, 12, 2.5, 1), (3, 12, 3.0, 1), (3, 10, 3.1, 1), (2, 14, 3.5, 1), (1, 14, 3.5, 0),
]  # fmt: skip
"""User, video, day and click. The last day begins with day 2.5."""
EARLIER = {3: [13, 13, 11], 4: [10]}


@pytest.fixture
def found(tmp_path: Path) -> FoundDataSet:
    users, items, days, clicks = zip(*reversed(EVENTS), strict=True)
    times = [int(day * DAY * 1000) for day in days]
    log = pa.table({"user_id": users, "video_id": items, "time_ms": times, "is_click": clicks})
    pq.write_table(log, tmp_path / "interactions.parquet")
    pq.write_table(pa.table({"video_id": [14, 13, 12, 11, 10, 9]}), tmp_path / "items.parquet")
    pq.write_table(pa.table({"user_id": [1]}), tmp_path / "users.parquet")
    lists = pa.table({"user_id": list(EARLIER), "watch_seq": list(EARLIER.values())})
    pq.write_table(lists, tmp_path / "histories.parquet")
    return FoundDataSet("tiny", DATA_SETS["kuairand-april-histories"], tmp_path)


@pytest.fixture
def log(found: FoundDataSet) -> OrderedLog:
    return read_log(found)


def test_earlier_events_come_first_and_rows_without_a_click_are_left_out(log: OrderedLog) -> None:
    assert log.user_ids == ("1", "2", "3", "4") and log.item_ids == ("14", "13", "12", "11", "10", "9")
    videos = [log.item_ids[item] for item in log.items.tolist()]
    assert videos == ["10", "11", "12", "10", "11", "14", "13", "13", "11", "12", "12", "10", "10"]
    assert log.offsets.tolist() == [0, 3, 6, 12, 13]
    assert log.times is not None and log.times[6:10].tolist() == [NO_TIME] * 3 + [1.9 * DAY]
    assert (log.rows < 0).tolist() == (log.times == NO_TIME).tolist()
    assert [log.table["video_id"][row].as_py() for row in log.rows[:3].tolist()] == [10, 11, 12]


def test_a_users_new_items_of_the_last_day_are_relevant(log: OrderedLog) -> None:
    """User 3 takes video 12 again, which is not new."""
    split = split_log(log, GlobalCut(seconds=DAY))
    test = split.test
    assert (
        test.cut == 2.5 * DAY and split.views[0].valid.cut == 1.9 * DAY - 0.4 * DAY
    ) or test.cut == 2.5 * DAY
    relevant = {
        log.user_ids[user]: [log.item_ids[item] for item in test.case.relevant[[number]].indices]
        for number, user in enumerate(test.case.users.tolist())
    }
    assert relevant == {"1": ["12"], "2": ["14"], "3": ["10"]}
    assert test.lengths().tolist() == [2, 2, 4]
    assert test.case.seen[[2]].indices.tolist() == [1, 2, 3]
    assert "the latest 24 hours" in split.protocol and "{part}" not in split.tuning


def test_settings_are_chosen_before_the_test(log: OrderedLog) -> None:
    """Before day 2.5 the last click is on day 1.9: its day begins with the click of day 1."""
    valid = split_log(log, GlobalCut(seconds=DAY)).views[0].valid
    assert valid.cut == 1.0 * DAY
    assert [log.user_ids[user] for user in valid.case.users] == ["1", "2", "3"]
    assert valid.lengths().tolist() == [1, 1, 3]


def test_ages_count_from_the_first_event_with_a_time(log: OrderedLog) -> None:
    ages = split_log(log, GlobalCut(seconds=DAY)).test.item_ages()
    assert ages is not None
    np.testing.assert_allclose(ages, [np.nan, np.inf, 0.6, np.inf, np.inf, np.nan])


def test_baselines_learn_in_the_order_of_time(log: OrderedLog) -> None:
    """Within a day of the last click before the cut are 11 twice and 12 once; 10 and 11 have three users each."""
    test = split_log(log, GlobalCut(seconds=DAY)).test
    interactions = test.interactions()
    assert interactions.timed and (np.diff(interactions.times) >= 0).all()
    first = np.array([0])
    recent = FromHistory(RecentPopularity(1.0)).fit(interactions)
    assert rank_with(recent, Reading(), test, first, 4)[0].tolist() == [2, 1, 0, 5]
    popular = FromHistory(Popularity()).fit(interactions)
    scores = popular(first, test.case.seen[first].astype(np.float32))[0]
    assert scores[3] == scores[4] == scores.max() and (scores == scores.max()).sum() == 2


def test_the_job_has_the_rows_before_the_cut_and_the_histories(
    log: OrderedLog, found: FoundDataSet, tmp_path: Path
) -> None:
    rows = split_log(log, GlobalCut(seconds=DAY)).test.rows
    path = write_job(found, log.table, rows[rows >= 0], tmp_path / "out")
    job = yaml.safe_load(path.read_text())
    assert job["histories"] == {
        "path": str(tmp_path / "histories.parquet"), "user": "user_id", "items": "watch_seq"
    }  # fmt: skip
    assert job["interactions"] == {
        "path": TRAINING, "user": "user_id", "item": "video_id", "time": "time_ms", "time_unit": "ms"
    }  # fmt: skip
    written = pq.read_table(path.parent / TRAINING)
    assert sorted(written["time_ms"].to_pylist()) == [
        int(day * DAY * 1000) for _user, _item, day, click in EVENTS if click and day < 2.5
    ]


def test_comma_separated_files_are_read(tmp_path: Path) -> None:
    ratings = "user_id,item_id,rating,timestamp\n7,3,5,90\n7,2,4,80\n5,3,1,85\n"
    (tmp_path / "interactions.csv").write_text(ratings)
    (tmp_path / "items.csv").write_text("item_id,title,year,genres\n2,A,1990,Drama\n3,B,,\n")
    found = FoundDataSet("tiny", DATA_SETS["movielens-100k"], tmp_path)
    log = read_log(found)
    assert read_item_texts(found, ["3", "9", "2"]) == ["B ", "", "A Drama"]
    assert (log.user_ids, log.item_ids) == (("5", "7"), ("2", "3"))
    assert log.items.tolist() == [1, 0, 1] and log.rows.tolist() == [2, 1, 0]
    assert log.times is not None and log.times.tolist() == [85, 80, 90]


@pytest.mark.parametrize(
    ("share", "times", "moment"),
    [
        (0.1, range(10), 9.0),
        (0.3, range(10), 7.0),
        (0.1, [0] * 8 + [1, 1], 1.0),  # events of one moment stay together
        (0.5, [3, 1, 1, 1], 3.0),
    ],
)
def test_the_share_is_met_as_nearly_as_moments_allow(share: float, times: list[float], moment: float) -> None:
    assert GlobalCut(share=share).find_moment(np.array(times, dtype=np.float64)) == moment


def test_what_cannot_be_parted_is_refused() -> None:
    with pytest.raises(ValueError, match="2 moments"):
        GlobalCut(share=0.1).find_moment(np.array([5.0, 5.0]))
    with pytest.raises(ValueError, match="a share or seconds"):
        GlobalCut()
