"""Logged impressions as lists: their order, their users, what is left out, and what is refused."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.recipe.what_if.impressions import read_impressions
from tests.models.recipe.what_if.logged import Row, draw_log, write_log


def rows() -> list[Row]:
    usual = {"scene": None, "head.next": 0.5, "head.like": 0.25, "propensity": 0.5, "taken": False}
    return [
        {**usual, "recommendation_id": "a", "user_id": "u", "rank": 11, "item_id": "x", "taken": True, "value": 3.0},
        {**usual, "recommendation_id": "a", "user_id": "u", "rank": 12, "item_id": "y"},
        {**usual, "recommendation_id": "b", "user_id": None, "rank": 1, "item_id": "z", "scene": "home"},
        {**usual, "recommendation_id": "c", "user_id": None, "rank": 1, "item_id": "x"},
        {**usual, "recommendation_id": "d", "user_id": "u", "rank": 1, "item_id": "x"},
        {**usual, "recommendation_id": "e", "user_id": "v", "rank": 1, "item_id": "x", "propensity": None},
        {**usual, "recommendation_id": "f", "user_id": "v", "rank": 1, "item_id": "x", "head.like": None},
    ]  # fmt: skip


def test_answers_are_put_together(tmp_path: Path) -> None:
    write_log(tmp_path / "impressions", rows())
    answers = read_impressions(tmp_path, "taken", ["next", "like"], None)
    lists = [
        tuple(answers.item_ids[start:end])
        for start, end in zip(answers.offsets[:-1], answers.offsets[1:], strict=True)
    ]
    assert sorted(lists) == [("x",), ("x",), ("x", "y"), ("z",)]
    assert sorted(answers.users.tolist()) == [0, 0, 1, 2], "two are u's, two are nobody's"
    assert answers.reward.sum() == 1 and dict(answers.left_out) == {
        "unknown_propensity": 1,
        "unknown_heads": 1,
    }
    assert read_impressions(tmp_path, "value", ["next"], None).reward.sum() == 3
    assert read_impressions(tmp_path, "taken", ["next"], "home").item_ids == ["z"]


@pytest.mark.parametrize(
    ("heads", "scene", "message"),
    [
        (["rating"], None, "expected a head of next, like in .*, given 'rating'"),
        (["next"], "away", "expected impressions in .* of away, given none"),
    ],
)
def test_what_the_log_lacks_is_named(
    tmp_path: Path, heads: list[str], scene: str | None, message: str
) -> None:
    log = write_log(tmp_path, rows())
    with pytest.raises(ValueError, match=message):
        read_impressions(log, "taken", heads, scene)


def test_files_that_are_no_impressions_are_refused(tmp_path: Path) -> None:
    def refuse(message: str) -> None:
        with pytest.raises(ValueError, match=message):
            read_impressions(tmp_path, "taken", ["next"], None)

    refuse("expected a folder with Parquet files")
    path = tmp_path / "2026-01-01.parquet"
    path.write_bytes(b"nothing")
    refuse("expected a Parquet file of impressions")
    pq.write_table(pa.table({"user_id": ["u"]}), path)
    refuse("expected the column recommendation_id")
    write_log(tmp_path, [{**row, "propensity": 1.5} for row in draw_log(2)])
    refuse("expected propensities above 0 up to 1")
    write_log(tmp_path, [{**row, "propensity": None} for row in draw_log(2)])
    refuse("expected answers with propensities")
