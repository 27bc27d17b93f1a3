"""What `chorus describe` does not replace, and what it does not ask for twice."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.app.describe.shop import ITEMS, MARKS, Model, describe, refuse


@pytest.mark.parametrize(
    ("out", "key"),
    [
        ("log/events.jsonl", "interactions.path"),
        ("log/new.jsonl", "interactions.path"),
        ("items.parquet", "items.path"),
        ("users-7.jsonl", "users.path"),
        ("past.jsonl", "histories.path"),
        ("gone.jsonl", "erasures"),
        ("job.jsonl", "the command"),
        ("texts/de.jsonl", "items.descriptions"),
    ],
)
def test_no_file_that_the_job_reads_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, key: str
) -> None:
    for folder in ("log", "texts"):
        (tmp_path / folder).mkdir()
    pq.write_table(pa.table({"id": ["a"], "title": ["Heat"]}), tmp_path / "items.parquet")
    lines = {
        "log/events.jsonl": '{"u": "ann", "i": "a", "t": 1}',
        "users-1.jsonl": '{"u": "ann"}',
        "past.jsonl": '{"u": "ann", "items": ["a"]}',
        "gone.jsonl": "",
        "texts/en.jsonl": '{"item_id": "a", "text": "Heat."}',
        "job.jsonl": "name: shop\ninteractions: {path: log, user: u, item: i, time: t}\n"
        "items: {path: items.parquet, id: id, text: title, descriptions: texts}\n"
        "users: {path: users-*.jsonl, id: u}\nhistories: {path: past.jsonl, user: u, items: items}\n"
        "erasures: gone.jsonl\n",
    }
    for name, text in lines.items():
        (tmp_path / name).write_text(text + "\n")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    line = refuse(capsys, tmp_path / "job.jsonl", "--out", str(tmp_path / out))
    assert f"expected another --out than a file of the job, given {tmp_path / out}: {key} reads" in line
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_descriptions_of_the_job_may_be_written_again(job: Path) -> None:
    describe(job)
    job.write_text(job.read_text().replace("id: id,", "id: id, descriptions: texts.jsonl,"))
    assert len(describe(job)) == ITEMS


def test_half_a_surrogate_pair_is_a_failed_answer(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.lines = ["Nice \ud83d item."]
    (row,) = describe(job, "--limit", "1")
    assert row["source"] == "template"
    assert "given half a surrogate pair" in capsys.readouterr().out


def test_kept_answers_do_not_hide_that_the_model_is_away(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    model.fails = {f"{MARKS[n % 4]}{n}" for n in range(0, ITEMS, 2)}
    describe(job)
    capsys.readouterr()
    model.status = 503
    assert "given 20 failures in a row" in refuse(capsys, job, "--out", str(job.with_name("texts.jsonl")))


def test_equal_items_are_asked_for_once_a_run(
    job: Path, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"i{n},Same,Drama,1999\n" for n in range(12))
    job.with_name("items.csv").write_text("id,title,genres,year\n" + rows)
    assert {row["text"] for row in describe(job, "--parallel", "4")} == {"Same is a Drama item of 1999."}
    assert len(model.asked) == 1
    assert "earlier runs" not in capsys.readouterr().out
    describe(job)
    assert "answers of earlier runs: 12" in capsys.readouterr().out
    model.fails = {"Same"}
    job.with_name("texts.jsonl.answers").unlink()
    assert {row["source"] for row in describe(job, "--parallel", "4")} == {"template"}
    assert len(model.asked) == 2
    assert "1 failed request," in capsys.readouterr().out


def test_an_answer_of_too_few_texts_is_asked_for_anew(job: Path, model: Model) -> None:
    model.lines = ["{title} is a {genre} item.", "A {genre} of {year}: {title}."]
    describe(job, "--limit", "1", "--variants", "2")
    answers = job.with_name("texts.jsonl.answers")
    record = json.loads(answers.read_text())
    answers.write_text(json.dumps(record | {"texts": record["texts"][:1]}) + "\n")
    assert [row["variant"] for row in describe(job, "--limit", "1", "--variants", "2")] == [1, 2]
    assert len(model.asked) == 2


def test_a_fuller_file_is_not_replaced(
    job: Path, model: Model, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, out = describe(job, "--limit", "5"), job.with_name("texts.jsonl")
    line = refuse(capsys, job, "--out", str(out), "--limit", "4")
    assert "descriptions of 5 items, which those of 4 would replace" in line
    monkeypatch.delenv("CHORUS_CHAT_URL")
    line = refuse(capsys, job, "--out", str(out))
    assert "descriptions by a language model (5), which those of the template would replace" in line
    assert [json.loads(line) for line in out.read_text().splitlines()] == before
    out.write_text('{"id": 1}\n')
    assert "expected a new file, or one of chorus describe" in refuse(capsys, job, "--out", str(out))
