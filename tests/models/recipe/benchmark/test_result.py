"""The figures of a benchmark, by hand."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from models.evaluation.protocols import RankingCase, pairs_matrix
from models.recipe.benchmark.console import print_result
from models.recipe.benchmark.held_out import HeldOut
from models.recipe.benchmark.methods import Ranked
from models.recipe.benchmark.result import DEEP_K, Training, compare, write_result
from models.recipe.benchmark.run import number_items
from models.recipe.benchmark.slices import BY_LENGTH, BY_POPULARITY
from models.recipe.benchmark.split import Split, View

ITEMS = 60


def one_list() -> HeldOut:
    """One user who had the items 0 to 4, and whose held-out item is 7."""
    seen = pairs_matrix(np.zeros(5, dtype=np.int64), np.arange(5), (1, ITEMS))
    relevant = np.array([7])
    case = RankingCase(np.array([0]), seen, pairs_matrix(np.array([0]), relevant, (1, ITEMS)))
    return HeldOut(np.arange(5), np.array([0, 5]), np.arange(5), case)


def with_item_at(place: int) -> np.ndarray:
    """A list with item 7 at a place from 1 on."""
    return np.insert(np.delete(np.arange(5, ITEMS), 2), place - 1, 7)[None, :DEEP_K]


def test_the_figures_of_one_list(tmp_path: Path) -> None:
    methods = [Ranked("chorus", "", with_item_at(3)), Ranked("other", "s", with_item_at(11))]
    split = Split((View("all", one_list(), one_list()),), "All.", "on {lists} lists")
    result = compare(
        "tiny", split, [methods], Training("m", 1.0, {"training.seed": 7}), {"another": "absent"}
    )
    assert result.tuning == "best NDCG@10 on 2000 lists"
    assert list(result.left_out) == ["slices by age of the item", "another"]
    (ranking,) = result.rankings
    chorus, other = ranking.rows
    assert (chorus.hit_rate_at_10, chorus.hit_rate_at_50, chorus.difference) == (1, 1, None)
    assert chorus.ndcg_at_10 == pytest.approx(1 / np.log2(4))
    assert (other.hit_rate_at_10, other.hit_rate_at_50, other.ndcg_at_10) == (0, 1, 0)
    assert other.difference is not None and other.difference.mean == pytest.approx(0.5)
    parts = [(part.by, part.part, part.lists) for part in ranking.slices]
    assert parts == [(BY_LENGTH, "5-14", 1), (BY_POPULARITY, "0", 1)]
    write_result(result, tmp_path / "result.json")
    written = json.loads((tmp_path / "result.json").read_text())
    assert written["rankings"][0]["rows"][1]["difference"] == {"mean": 0.5, "low": 0.5, "high": 0.5}
    assert written["rankings"][0]["slices"][0]["ndcg_at_10"] == {"chorus": 0.5, "other": 0.0}
    stream = io.StringIO()
    print_result(result, Console(file=stream, width=200))
    assert "+0.5000 (+0.5000 to +0.5000)" in stream.getvalue()
    assert "Left out: another, since absent" in stream.getvalue()


def test_short_lists_are_filled() -> None:
    rows = number_items([["b", "a"], []], ("a", "b"))
    assert rows[0, :3].tolist() == [1, 0, -1] and (rows[1] == -1).all()
