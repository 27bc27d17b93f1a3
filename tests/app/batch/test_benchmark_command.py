"""`chorus benchmark` on a small data folder in the layout of the public ones."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.batch.lists import answer_request
from app.cli import main
from app.golden import open_and_check
from models.contract.list_request import ListRequest

USERS, ITEMS, EVENTS = 40, 60, 8


def write_office(folder: Path) -> None:
    """Users who each begin somewhere and take one item after the other, in a circle."""
    random = np.random.default_rng(4)
    starts = random.integers(ITEMS, size=USERS).tolist()
    rows = [
        (f"U{u}", step, (start + step) % ITEMS) for u, start in enumerate(starts) for step in range(EVENTS)
    ]
    users, positions, items = zip(*rows, strict=True)
    folder.mkdir()
    log = pa.table({"user_id": users, "position": positions, "item_id": items})
    pq.write_table(log, folder / "interactions.parquet")
    titles = [f"Paper clip {item}" for item in range(ITEMS)]
    columns = {"item_id": list(range(ITEMS)), "title": titles, "description": ["Holds paper"] * ITEMS}
    pq.write_table(pa.table(columns), folder / "items.parquet")


def test_the_benchmark_from_files_to_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_office(tmp_path / "amazon-office")
    out = tmp_path / "out"
    assert main(["benchmark", "amazon-office", "--data", str(tmp_path), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    result = json.loads((out / "result.json").read_text())
    (ranking,) = result["rankings"]
    names = [row["name"] for row in ranking["rows"]]
    assert names == [
        "chorus", "popularity", "Markov, first order", "transitions, window",
        "item-kNN", "item-kNN, recency", "EASE", "EASE, recency", "ALS", "BPR",
    ]  # fmt: skip
    assert all(name in printed for name in names) and "1-4" not in printed
    figures = {row["name"]: row["ndcg_at_10"] for row in ranking["rows"]}
    assert figures["Markov, first order"] > 0.9 > figures["popularity"]
    assert (ranking["lists"], result["items"], result["training_events"]) == (
        USERS,
        ITEMS,
        USERS * (EVENTS - 1),
    )
    assert result["training"]["settings"]["training.seed"] == 7 and result["training"]["seconds"] > 0
    assert list(result["left_out"]) == ["slices by age of the item"] and result["factorisation_seed"] == 0
    parts = [(part["by"], part["part"], part["lists"]) for part in ranking["slices"]]
    assert parts[0] == ("earlier events of the user", "5-14", USERS)
    assert sum(lists for by, _part, lists in parts if by == "training events of the item") == USERS
    assert "NDCG@10 by training events of the item" in printed
    assert "<svg" in (out / "ndcg.svg").read_text("utf-8")
    bundle = open_and_check(out / "bundle", 300)
    history = [event.item_id for event in bundle.known_users.state("U0").events]
    assert len(history) == EVENTS - 1  # the last item is held out
    listed = answer_request(bundle, ListRequest("U0"), 50, now=0.0)
    assert len(listed) == len(set(listed)) == 50 and not set(history) & set(listed)


def test_cold_items_are_ranked_by_the_service_and_by_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Training has no event of a cold item. Lists of the cold items alone have all of them, but for what was had."""
    write_office(tmp_path / "amazon-office")
    out = tmp_path / "out"
    assert main(["benchmark", "amazon-office-cold-items", "--data", str(tmp_path), "--out", str(out)]) == 0
    assert "lists of cold items alone" in capsys.readouterr().out
    result = json.loads((out / "result.json").read_text())
    both, alone = result["rankings"]
    names = ["chorus", "popularity", "text cosine", "text cosine, recency"]
    assert [row["name"] for row in both["rows"]] == [row["name"] for row in alone["rows"]] == names
    assert 0 < both["lists"] == alone["lists"] < USERS
    # of six cold items all are among the first ten: every list of every method hits
    assert [row["hit_rate_at_10"] for row in alone["rows"]] == [1.0] * len(names)
    assert alone["chance"]["hit_rate_at_10"] == 1.0 > both["chance"]["hit_rate_at_10"] > 0
    assert {part["part"] for part in both["slices"] if part["by"] == "training events of the item"} == {"0"}
    trained = set(pq.read_table(out / "training.parquet")["item_id"].to_pylist())
    assert len(trained) == ITEMS - ITEMS // 10


def write_videos(folder: Path) -> None:
    """Users who click 8 videos of a circle in two hours each, over four days, and had others before."""
    random = np.random.default_rng(5)
    rows = []
    for user, day in enumerate(random.integers(4, size=USERS).tolist()):
        begin = int(day * 86_400 + random.integers(3_600))
        start = int(random.integers(ITEMS))
        rows += [(user, (start + step) % ITEMS, (begin + 900 * step) * 1000, step % 9) for step in range(9)]
    rows += [
        (user, user % ITEMS, 4 * 86_400_000 + user, 1) for user in range(10)
    ]  # all of them on the last day
    users, items, times, steps = zip(*rows, strict=True)
    clicks = [int(step != 4) for step in steps]
    folder.mkdir()
    log = pa.table({"user_id": users, "video_id": items, "time_ms": times, "is_click": clicks})
    pq.write_table(log, folder / "interactions.parquet")
    columns = {
        "tag": ["1,2"] * ITEMS,
        "video_type": ["NORMAL"] * ITEMS,
        "upload_type": ["LongImport"] * ITEMS,
    }
    durations = {"video_duration": np.arange(ITEMS, dtype=np.float64)}
    pq.write_table(pa.table({"video_id": range(ITEMS), **columns, **durations}), folder / "items.parquet")
    profiles = {"user_active_degree": ["high"] * USERS, "register_days_range": ["730+"] * USERS}
    pq.write_table(pa.table({"user_id": range(USERS), **profiles}), folder / "users.parquet")
    earlier = [[(user + step) % ITEMS for step in range(user % 4)] for user in range(USERS)]
    lists = pa.table({"user_id": range(USERS), "watch_seq": pa.array(earlier, pa.list_(pa.int64()))})
    pq.write_table(lists, folder / "histories.parquet")


def test_a_log_with_times_is_parted_at_one_moment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What users take after the cut is relevant, and the bundle knows the earlier events and those before the cut."""
    write_videos(tmp_path / "kuairand-april")
    out = tmp_path / "out"
    assert main(["benchmark", "kuairand-april-histories", "--data", str(tmp_path), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    result = json.loads((out / "result.json").read_text())
    assert "recent popularity" in printed and "the latest 24 hours" in result["protocol"]
    assert "slices by age of the item" not in result["left_out"]
    parts = {(part["by"], part["part"]) for part in result["rankings"][0]["slices"]}
    assert ("days since the item's first event", "before the log") in parts
    trained = pq.read_table(out / "training.parquet")
    log = pq.read_table(tmp_path / "kuairand-april" / "interactions.parquet")
    cut = max(log["time_ms"].to_pylist()) - 86_400_000
    assert max(trained["time_ms"].to_pylist()) < cut and set(trained["is_click"].to_pylist()) == {1}
    assert result["training_events"] == len(trained) + sum(user % 4 for user in range(USERS))
    bundle = open_and_check(out / "bundle", 300)
    assert [event.item_id for event in bundle.known_users.state("3").events][:3] == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("movielens-1m", "expected interactions.parquet, items.parquet, users.parquet in the folder"),
        ("poems", "kuairand-april, kuairand-april-histories, kuairand-april-tasks, given 'poems'"),
    ],
)
def test_what_is_missing_ends_with_1_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    assert main(["benchmark", name, "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not (tmp_path / "out").exists()
