"""The report: written and read again, printed, drawn as a page."""

import io
import json
import math
import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError
from rich.console import Console

from models.evaluation.metrics.registry import LIST_METRICS, ListMetric
from models.evaluation.report.charts import THEME, draw_bars
from models.evaluation.report.console import print_report
from models.evaluation.report.fairness import (
    Estimate,
    GroupGap,
    GroupingKind,
    PopularityBand,
    UserGroup,
    UserGrouping,
)
from models.evaluation.report.html import TEMPLATE, render_page
from models.evaluation.report.schema import (
    DataCounts,
    Epoch,
    HeadReport,
    RankingRow,
    RankingTable,
    ReliabilityRow,
    Report,
)

NASTY = '<script>alert("x")</script> & [bold]'


def user_groups() -> UserGrouping:
    groups = tuple(
        UserGroup(
            name=name,
            lists=1_234,
            users=count,
            ndcg=Estimate(value=0.25, low=0.2, high=0.3),
            hit_rate=Estimate(value=1.0),
            difference_to_others=lead,
        )
        for name, count, lead in (
            ("artist", 30, Estimate(value=-0.1, low=-0.15, high=-0.05)),
            (NASTY, 2, None),
        )
    )
    gap = GroupGap(best=NASTY, worst="artist", difference=Estimate(value=0.125, low=0.05, high=0.2))
    return UserGrouping(kind=GroupingKind.ATTRIBUTE, name="job", groups=groups, gap=gap)


def head() -> PopularityBand:
    shown = {"chorus": 0.75, NASTY: math.nan}
    return PopularityBand(name="head", items=4_321, catalogue=0.125, events=0.35, relevant=0.5, shown=shown)


def report(ndcg: float = 0.3, auc: float = 0.8, loss: float = 1.0, job: str = "movies") -> Report:
    row = RankingRow(
        name="chorus",
        figures={"ndcg": ndcg, "hit_rate": 0.7, "recall": 0.1, "coverage": 0.4, "ild_jaccard": math.nan},
    )
    other = RankingRow(name=NASTY, settings="λ 200", figures={"ndcg": 0.2, "hit_rate": 0.5, "recall": 0.1})
    heads = (
        HeadReport(
            name="like",
            kind="binary",
            count=9,
            before={"auc": auc},
            after={"auc": auc, "ece": 0.01},
            reliability=(ReliabilityRow(low=0, high=0.5, count=9, predicted=0.3, observed=0.4),),
        ),
        HeadReport(name="daypart", kind="context", count=9, before={}, after={"log_loss": loss}),
    )
    epochs = tuple(
        Epoch(epoch=n, train_loss={"next": 5.0 / n, NASTY: math.nan}, valid_loss=6.0 / n, seconds=1)
        for n in (1, 2)
    )
    return Report(
        job=job,
        model_version="v1",
        created_at="2026-01-01T00:00:00Z",
        data=DataCounts(
            users=3, items=4, interactions=50, train=40, valid=5, test=5, valid_from=1e9, test_from=1.1e9
        ),
        cleaning={"duplicates": 2},
        at_cutoff=RankingTable(lists=3, rows=(other, row), groups=(user_groups(),), exposure=(head(),)),
        next_event=RankingTable(lists=5, rows=(row,)),
        refused={"EASE": NASTY},
        heads=heads,
        training=epochs,
        fusion_weights={"next": 0.7},
        timings={"train": 12.0},
    )


def empty() -> Report:
    counts = DataCounts(users=0, items=0, interactions=0, train=0, valid=0, test=0, valid_from=0, test_from=0)
    nothing = RankingTable(lists=0)
    return Report(
        job="movies", model_version="v", created_at="", data=counts, at_cutoff=nothing, next_event=nothing
    )


def test_what_is_written_is_read_again_undefined_figures_included() -> None:
    text = report().model_dump_json()
    json.loads(text, parse_constant=pytest.fail)  # plain JSON: no NaN in it
    again = Report.model_validate_json(text)
    assert math.isnan(again.at_cutoff.rows[1].figures["ild_jaccard"])
    assert again.model_dump_json() == text


def test_a_row_of_figures_is_flat_in_json() -> None:
    (row,) = json.loads(report().model_dump_json())["next_event"]["rows"]
    assert row == {
        "name": "chorus", "settings": "", "ndcg": 0.3, "hit_rate": 0.7, "recall": 0.1, "coverage": 0.4,
        "ild_jaccard": None,
    }  # fmt: skip


def test_columns_are_the_registered_metrics_that_were_measured_then_others(monkeypatch) -> None:
    assert report().at_cutoff.labels == {
        "ndcg": "NDCG", "hit_rate": "HR", "recall": "Recall", "coverage": "Coverage", "ild_jaccard": "ILD Jac",
    }  # fmt: skip
    monkeypatch.delitem(LIST_METRICS, "ild_jaccard")  # the last one: the order is the same afterwards
    assert list(report().at_cutoff.labels.values())[-1] == "ild_jaccard"
    monkeypatch.setitem(
        LIST_METRICS, "ild_jaccard", ListMetric("Jaccard", "Jaccard.", lambda lists, facts: 0.0)
    )
    assert list(report().at_cutoff.labels.values())[-1] == "Jaccard"


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValidationError, match="surprise"):
        Report.model_validate(report().model_dump() | {"surprise": 1})


def test_the_headline_is_the_networks_own_and_finite() -> None:
    assert report(auc=math.nan).headline() == {
        "ndcg@10": 0.3,
        "hit_rate@10": 0.7,
        "recall@10": 0.1,
        "next_event_ndcg@10": 0.3,
        "next_event_hit_rate@10": 0.7,
        "next_event_recall@10": 0.1,
        "daypart.log_loss": 1.0,
    }
    assert empty().headline() == {}


@pytest.mark.parametrize("given", [report(), empty()], ids=["full", "empty"])
def test_the_terminal_shows_names_as_they_are(given: Report) -> None:
    page = io.StringIO()
    console = Console(file=page, width=200)
    print_report(given, console)
    shown = page.getvalue()
    assert given.job in shown
    assert (NASTY + " (λ 200)" in shown) == bool(given.at_cutoff.rows)


@pytest.mark.parametrize("given", [report(job=NASTY), empty()], ids=["full", "empty"])
def test_the_page_is_well_formed_whole_and_escapes_everything(given: Report) -> None:
    page = render_page(given)
    body = page[page.index("<body>") : page.index("</body>") + len("</body>")]
    tree = ElementTree.fromstring(body)
    assert tree.find(".//script") is None
    assert "<script" not in page
    for outside in ("http://", "https://", "src=", "@import"):
        assert outside not in page
    assert re.findall(r"url\((?!#)", page) == []
    assert len(tree.findall(".//svg")) == (4 if given.heads else 0)  # two rankings, one head, the training
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for placeholder in THEME:
        assert placeholder not in page


def test_groups_and_exposure_reach_both_outputs() -> None:
    page = io.StringIO()
    print_report(report(), Console(file=page, width=250))
    lines = [line.split("  ") for line in page.getvalue().splitlines()]
    cells = [tuple(cell.strip() for cell in line if cell.strip()) for line in lines]
    expected = [
        ("job: artist", "1,234", "30", "0.2500 (0.200 to 0.300)", "1.0000", "-0.1000 (-0.150 to -0.050)"),
        (f"job: {NASTY}", "1,234", "2", "0.2500 (0.200 to 0.300)", "1.0000"),
        (f"job, largest gap: {NASTY} less artist", "+0.1250 (+0.050 to +0.200)"),
        ("head", "4,321", "12.5%", "35.0%", "50.0%", "75.0%", "–"),
    ]
    shown = render_page(report())
    tree = ElementTree.fromstring(shown[shown.index("<body>") : shown.index("</body>") + len("</body>")])
    rows = [tuple(cell.text or "" for cell in row.findall("td")) for row in tree.iter("tr")]
    for row in expected:
        assert row in cells
        assert row in [tuple(cell for cell in drawn if cell) for drawn in rows]
    terms = [term.text for term in tree.iter("dt")]
    assert {"User group", "NDCG less the others'", "Head, middle, tail"} <= set(terms)


def test_a_chart_shows_names_as_they_are() -> None:
    chart = draw_bars({"a$b$ <c>": 0.5, "undefined": math.nan}, "undefined", "chart")
    shown = [text.text for text in ElementTree.fromstring(chart).iter("text")]
    assert shown == ["a$b$ <c>", "undefined", "0.5000", "–"]


def test_the_page_template_is_part_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[4] / "pyproject.toml").read_text("utf-8"))
    assert f"evaluation/report/{TEMPLATE}" in project["tool"]["setuptools"]["package-data"]["models"]
