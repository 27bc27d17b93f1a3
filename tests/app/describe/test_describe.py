"""`chorus describe` over a real chat endpoint: texts, refusals, failures, and runs that go on where one was killed."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.cli import main
from tests.app.describe.shop import ITEMS, Model, describe, refuse


def test_without_a_model_the_template_writes_and_says_so(
    job: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = describe(job, "--limit", "2", "--language", "de", "--language", "en")
    assert rows[:2] == [
        {
            "item_id": "i0",
            "variant": 1,
            "language": language,
            "text": "Alpha0. Genres: Comedy. Year: 1980.",
            "source": "template",
        }
        for language in ("de", "en")
    ]
    assert len(rows) == 4
    said = capsys.readouterr().out
    assert "CHORUS_CHAT_URL names no language model" in said
    assert "4 descriptions of 2 items" in said and "0 by the language model, 4 by the template" in said


def test_a_model_writes_variants_in_parquet_too(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.lines = ["{title} is a {genre} item.", "A {genre} of {year}: {title}."]
    out = job.with_name("texts.parquet")
    assert main(["describe", str(job), "--out", str(out), "--variants", "2", "--parallel", "3"]) == 0
    rows = pq.read_table(out).to_pylist()
    assert len(rows) == 2 * ITEMS and len(model.asked) == ITEMS, "both variants are asked for at once"
    assert rows[:2] == [
        {
            "item_id": "i0",
            "variant": 1,
            "language": "en",
            "text": "Alpha0 is a Comedy item.",
            "source": "model",
        },
        {
            "item_id": "i0",
            "variant": 2,
            "language": "en",
            "text": "A Comedy of 1980: Alpha0.",
            "source": "model",
        },
    ]
    assert "items without any field to describe: 1" in capsys.readouterr().out
    schema = model.asked[0]["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["texts"]["minItems"] == schema["properties"]["texts"]["maxItems"] == 2
    assert "language with the tag en" in model.asked[0]["messages"][0]["content"]
    assert "i0" not in model.asked[0]["messages"][1]["content"], "ids say nothing of an item"


def test_what_a_text_names_beside_the_fields_is_refused_and_kept_beside_the_file(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.lines = ["{title} is like Beta1."]
    rows = describe(job, "--limit", "3")
    assert [(row["item_id"], row["source"]) for row in rows] == [
        ("i0", "template"),
        ("i1", "model"),  # it is Beta1 itself
        ("i2", "template"),
    ]
    said = capsys.readouterr().out
    assert "1 by the language model, 2 by the template" in said
    assert "2 refused texts, for a name beside the fields, the length or a repetition: 'Beta1' (2)" in said
    refused = [
        json.loads(line) for line in job.with_name("texts.jsonl.refused.jsonl").read_text().splitlines()
    ]
    assert refused[0] == {
        "item_id": "i0",
        "variant": 1,
        "language": "en",
        "text": "Alpha0 is like Beta1.",
        "reason": "Beta1",
    }


def test_failures_have_the_template_and_the_next_run_asks_for_them_alone(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.fails = {"Beta1", "Alpha4"}
    rows = describe(job)
    assert [row["item_id"] for row in rows if row["source"] == "template"] == ["i1", "i4"]
    assert "2 failed requests, asked again by the next run" in capsys.readouterr().out
    model.fails, model.asked = set(), []
    assert all(row["source"] == "model" for row in describe(job))
    assert sorted(json.loads(one["messages"][1]["content"])["title"] for one in model.asked) == [
        "Alpha4",
        "Beta1",
    ]
    assert f"answers of earlier runs: {ITEMS - 2}" in capsys.readouterr().out


def test_a_changed_item_and_another_model_are_asked_for_anew(
    job: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    describe(job, "--limit", "4")
    items = job.with_name("items.csv")
    items.write_text(items.read_text().replace("1980", "1930"))
    model.asked = []
    assert "of 1930" in describe(job, "--limit", "4")[0]["text"]
    assert len(model.asked) == 1
    monkeypatch.setenv("CHORUS_CHAT_MODEL", "another")
    describe(job, "--limit", "4")
    assert len(model.asked) == 5
    describe(job, "--limit", "4", "--language", "fr")
    assert len(model.asked) == 9


def test_a_killed_run_goes_on_and_repeats_nothing_that_was_answered(job: Path, model: Model) -> None:
    model.block_at = 10
    out = job.with_name("texts.jsonl")
    command = [sys.executable, "-m", "app.cli", "describe", str(job), "--out", str(out), "--parallel", "1"]
    process = subprocess.Popen(
        command, env=os.environ.copy(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert model.blocked.wait(120)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    assert not out.exists(), "the file is written whole or not at all"
    model.block_at, asked = None, len(model.asked)
    assert asked == 11
    model.silent.set()
    assert len(describe(job)) == ITEMS
    assert len(model.asked) == asked + ITEMS - 10, "ten answers were kept, the eleventh had not come"


def test_a_model_that_is_away_ends_the_command(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.status = 503
    out = job.with_name("texts.jsonl")
    line = refuse(capsys, job, "--out", str(out))
    assert re.match(
        r"chorus: expected answers of the language model, given 20 failures in a row, .*503", line
    )
    assert not out.exists()


def test_an_answer_that_never_ends_is_late(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.silent.clear()
    rows = describe(job, "--limit", "1", "--timeout", "1s")
    assert rows[0]["source"] == "template"
    said = capsys.readouterr().out
    assert "1 failed request, asked again by the next run" in said and "1 description of 1 item is in" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "texts.csv"], "a file that ends with .jsonl or .parquet, given texts.csv"),
        (["--out", "t.jsonl", "--variants", "11"], "at most 10 --variants, given 11"),
        (["--out", "t.jsonl", "--parallel", "65"], "at most 64 requests at once, given --parallel 65"),
        (["--out", "t.jsonl", "--variants", "2"], "CHORUS_CHAT_URL beside --variants"),
        (["--out", "t.jsonl", "--timeout", "9s"], "CHORUS_CHAT_URL beside --timeout"),
        (["--out", "t.jsonl", "--language", "de", "--language", "de"], "every --language once, given de"),
    ],
)
def test_options_that_cannot_be_met_are_refused(
    job: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in refuse(capsys, job, *arguments)


def test_a_job_without_items_is_refused(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = job.with_name("bare.yaml")
    bare.write_text("name: shop\ninteractions: {path: events.csv, user: u, item: i, time: t}\n")
    assert "items: expected an item table" in refuse(capsys, bare, "--out", str(job.with_name("t.jsonl")))


def test_the_command_imports_no_torch(job: Path) -> None:
    code = (
        "import sys; from app.cli import main\n"
        f"assert main(['describe', {str(job)!r}, '--out', {str(job.with_name('t.jsonl'))!r}]) == 0\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
