"""The report: what it keeps, prints, draws, and what the gate makes of it."""

import io
import json
import math
from xml.etree import ElementTree

import pytest
from pydantic import ValidationError
from rich.console import Console

from models.evaluation.full_ranking import RankingFigures
from models.evaluation.promotion import decide
from models.evaluation.report.console import print_report
from models.evaluation.report.html import render_page
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


def report(ndcg: float = 0.3, auc: float = 0.8, loss: float = 1.0, job: str = "movies") -> Report:
    row = RankingRow.of("chorus", "", RankingFigures(0.7, 0.1, ndcg, 0.4, 8.0, 0.6, math.nan))
    other = RankingRow.of(NASTY, "λ 200", RankingFigures(0.5, 0.1, 0.2, 0.1, 7.0, 0.5, 0.5))
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
        at_cutoff=RankingTable(lists=3, rows=(other, row)),
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
    assert math.isnan(again.at_cutoff.rows[1].ild_jaccard)
    assert again.model_dump_json() == text


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
    for outside in ("http://", "https://", "src=", "@import", "url("):
        assert outside not in page
    assert len(tree.findall(".//svg")) == (4 if given.heads else 0)  # two rankings, one head, the training


def test_the_gate_lets_the_first_in_and_the_better_and_the_nearly_as_good() -> None:
    assert decide(report(), None).promote
    assert decide(report(ndcg=0.4, auc=0.9, loss=0.5), report()).promote
    assert decide(report(ndcg=0.295, auc=0.79, loss=1.01), report(), tolerance=0.02).promote


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        (report(ndcg=0.29), "expected ndcg@10 at least 0.2940, given 0.2900"),
        (report(auc=0.7), "expected like.auc at least 0.7840"),
        (report(loss=1.1), "expected daypart.log_loss at most 1.0200"),
        (report(auc=math.nan), "expected the figure like.auc, given none"),
        (report(job="books"), "expected a bundle of the job 'movies', given 'books'"),
    ],
)
def test_the_gate_keeps_out_what_is_worse_and_says_why(candidate: Report, said: str) -> None:
    decision = decide(candidate, report(), tolerance=0.02)
    assert not decision.promote
    assert any(reason.startswith(said) for reason in decision.reasons)


def test_a_negative_tolerance_is_refused() -> None:
    with pytest.raises(ValueError, match="tolerance >= 0"):
        decide(report(), report(), -0.1)
