"""The chart says every method, its figure and the lists, and is the same again."""

import xml.etree.ElementTree as ET
from pathlib import Path

from models.recipe.benchmark.chart import write_chart
from models.recipe.benchmark.methods import Ranked
from models.recipe.benchmark.result import Training, compare
from models.recipe.benchmark.split import Split, View
from tests.models.recipe.benchmark.test_result import one_list, with_item_at


def draw(path: Path, views: int) -> str:
    methods = [Ranked("chorus", "", with_item_at(3)), Ranked("EASE, recency", "s", with_item_at(1))]
    split = Split(tuple(View(f"kind {number}", one_list(), one_list()) for number in range(views)), "", "")
    write_chart(compare("tiny", split, [methods] * views, Training("m", 1.0, {}), {}), path)
    return path.read_text("utf-8")


def test_every_method_and_figure_is_written(tmp_path: Path) -> None:
    svg = draw(tmp_path / "ndcg.svg", views=2)
    texts = [element.text for element in ET.fromstring(svg).iter() if element.tag.endswith("}text")]
    for text, times in {"chorus": 2, "EASE, recency": 2, "0.500": 2, "1.000": 2}.items():
        assert texts.count(text) == times
    assert "tiny, 1 lists of kind 0" in texts and "tiny, 1 lists of kind 1" in texts
    assert "#0102" not in svg, "a placeholder of a colour is left"


def test_equal_results_give_equal_charts(tmp_path: Path) -> None:
    assert draw(tmp_path / "first.svg", views=1) == draw(tmp_path / "second.svg", views=1)
