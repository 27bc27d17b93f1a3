"""Input of a batch that only its rows reveal: ids that are not exact, columns that begin late."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.batch.files import BatchFileError, score_file
from models.cli import read_rows

Score = Callable[[Path], list[dict[str, Any]]]


@pytest.fixture
def score(trained: Path, tmp_path: Path) -> Score:
    """Score a file; the rows that came out."""

    def scored(source: Path) -> list[dict[str, Any]]:
        score_file(source, tmp_path / "out.jsonl", trained, read_rows)
        return [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]

    return scored


def test_an_unclosed_quote_and_a_long_cell_cost_one_row(score: Score, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f'user_id,item_id\nu1,"i5\nu1,{"x" * 200_000}\nu1,i5\n')
    found = score(tmp_path / "in.csv")
    assert [row["status"] for row in found] == ["error", "unknown_item", "ok"]


def test_an_id_that_is_not_exact_costs_one_row(score: Score, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(
        '{"user_id": 1e20, "item_id": "i1"}\n{"user_id": "u1", "item_id": "i1"}\n'
    )
    found = score(tmp_path / "in.jsonl")
    assert [row["status"] for row in found] == ["error", "ok"]
    assert found[0]["message"] == "row 1: expected an exact id as user_id, given the float 1e+20"


def test_a_column_may_begin_late_in_json_lines(score: Score, tmp_path: Path) -> None:
    """Rows before it have an error each; the columns are known after the last row only."""
    lines = ['{"user_id": "u1"}\n'] * 70_000 + ['{"user_id": "u1", "item_id": "i1"}\n']
    (tmp_path / "in.jsonl").write_text("".join(lines))
    found = score(tmp_path / "in.jsonl")
    assert found[0]["message"] == "row 1: expected item_id, given none"
    assert [row["status"] for row in found[69_999:]] == ["error", "ok"]


def test_what_is_no_file_of_rows_is_refused(score: Score, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "in.csv")
    with pytest.raises(BatchFileError, match=r"expected a file at .*in.csv, given something else"):
        score(tmp_path / "in.csv")
    (tmp_path / "in.jsonl").write_text('[{"user_id": "u1", "item_id": "i1"}]\n')
    with pytest.raises(BatchFileError, match=r"expected one object a line in in.jsonl, given a JSON array"):
        score(tmp_path / "in.jsonl")


@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out.parquet"])
def test_the_other_columns_of_the_input_are_kept(trained: Path, tmp_path: Path, target: str) -> None:
    """As they were written; a column with the name of a result gives way to it."""
    (tmp_path / "in.csv").write_text(
        "campaign,user_id,item_id,score,note\n007,u1,i5,old,a\n,u1,gone,old,\nx,u1\n"
    )
    score_file(tmp_path / "in.csv", tmp_path / target, trained, read_rows)
    assert [row.cells["campaign"] for row in read_rows(tmp_path / target, ("campaign",))] == [
        "007",
        None,
        "x",
    ]
    rows = list(read_rows(tmp_path / target, ("note", "score")))
    assert [row.cells["note"] for row in rows] == ["a", None, None]
    assert float(str(rows[0].cells["score"])) != 0 and rows[1].cells["score"] is None
