"""`chorus tune` from the command to its files: trials, the best job, and the refusals in one line."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from models.job.spec import JobError
from models.recipe.folder_lock import data_lock, hold_lock
from tests.models.recipe.tuning.conftest import JOB, SPACE, TRIALS, Search, Searched


def counted(summary: dict) -> list[dict]:
    """The trials that count."""
    return [row for row in summary["trials"] if row["outcome"] in ("complete", "pruned")]


def test_the_study_has_every_trial_and_the_best_one(searched: Searched) -> None:
    summary = searched.summary
    assert len(counted(summary)) == TRIALS
    complete = [row for row in summary["trials"] if row["outcome"] == "complete"]
    assert summary["best"]["figures"]["ndcg"] == max(row["figures"]["ndcg"] for row in complete)
    assert all(row["figures"]["epochs"] == 3 and row["figures"]["error"] > 0 for row in complete)
    assert summary["lists"] > 100
    assert all(set(row["values"]) == set(SPACE) for row in summary["trials"])


def test_the_first_trial_is_the_job_as_it_stands(searched: Searched) -> None:
    first = searched.summary["job_as_it_stands"]
    assert first["number"] == 0
    assert first["values"] == {
        "network.dim": 16,
        "network.attention_heads": 2,
        "network.half_life_days": 14,
        "training.learning_rate": 0.01,
    }


def test_what_is_printed(searched: Searched) -> None:
    for row in searched.summary["trials"]:
        assert f"trial {row['number']}  " in searched.shown
    assert "0, the job as it stands" in searched.shown
    assert "the best of many trials is also the luckiest" in searched.shown
    assert f"`chorus train {searched.folder / 'best.yaml'} --out DIR` trains the best job" in searched.shown
    files = {path.name for path in searched.folder.iterdir()}
    assert {"best.yaml", "data.work", "study.db", "study.json"} <= files
    assert ".lock" not in files


def test_the_best_job_is_trained(searched: Searched, tmp_path: Path) -> None:
    assert main(["train", str(searched.folder / "best.yaml"), "--out", str(tmp_path / "bundle")]) == 0
    settings = json.loads((tmp_path / "bundle" / "report.json").read_text())["settings"]
    best = searched.summary["best"]["values"]
    assert {key: settings[key] for key in best} == best
    assert not any(key.startswith("tune") for key in settings)


def test_the_same_command_goes_on(search_shop: Search, searched: Searched, tmp_path: Path) -> None:
    """Two trials, then the others: the very trials of a search that was not interrupted."""
    assert len(counted(search_shop(tmp_path, 2).summary)) == 2
    later = search_shop(tmp_path, TRIALS)
    assert f"the study in the folder goes on: 2 of {TRIALS} trials have ended" in later.shown
    assert [row["values"] for row in later.summary["trials"]] == [
        row["values"] for row in searched.summary["trials"]
    ]
    again = search_shop(tmp_path, TRIALS)
    assert again.summary == later.summary
    assert "trial 0  " not in again.shown


@pytest.mark.parametrize(
    ("changes", "title", "keys"),
    [
        ({"training": {**JOB["training"], "epochs": 2}}, "job", "training.epochs"),
        ({"users": None}, "job", "users.path, users.encoding, users.decimal and more"),
        ({"tune": {**SPACE, "network.dim": [16, 24]}}, "search space", "network.dim"),
        (
            {"tune": None},
            "search space",
            "network.attention_heads, network.dim, network.half_life_days and more",
        ),
    ],
)
def test_another_job_or_space_is_refused(
    search_shop: Search, tmp_path: Path, changes: dict, title: str, keys: str
) -> None:
    folder = search_shop(tmp_path, 1, minutes=1e-9).folder
    with pytest.raises(JobError) as caught:
        search_shop(tmp_path, 1, **changes)
    assert str(caught.value) == (
        f"expected the {title} of the study in {folder}, given another ({keys}); choose another --out, or delete the "
        "folder to begin anew"
    )


def test_other_data_are_refused(
    search_shop: Search, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = search_shop(tmp_path, 1, minutes=1e-9).job.parent / "events.csv"
    log.write_text("\n".join(log.read_text().splitlines()[:-3]) + "\n")
    assert main(["tune", str(log.with_name("job.yaml")), "--out", str(tmp_path / "study")]) == 1
    assert (
        f"expected the data of the study in {tmp_path / 'study'}, given others; " in capsys.readouterr().err
    )


def test_a_search_without_time_says_so_and_writes_no_job(search_shop: Search, tmp_path: Path) -> None:
    found = search_shop(tmp_path, 1, minutes=1e-9)
    assert "no trial is complete: raise --minutes or --trials" in found.shown
    assert found.summary["best"] is None
    assert not (found.folder / "best.yaml").exists()


def test_without_optuna_one_line_says_how_to_install_it(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main(["tune", str(shop), "--out", str(tmp_path / "study")]) == 1
    assert capsys.readouterr().err == (
        "chorus: chorus tune: expected the package optuna (pip install 'chorus-recommender[tune]'), given none\n"
    )
    assert not (tmp_path / "study").exists()


def test_a_private_job_is_refused(
    make_shop: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = make_shop(tmp_path / "shop", training={"privacy": {"epsilon": 8}})
    assert main(["tune", str(job), "--out", str(tmp_path / "study")]) == 1
    assert "expected no search with training.privacy" in capsys.readouterr().err


def test_a_folder_of_something_else_is_refused(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("")
    (tmp_path / "file").write_text("")
    for name, given in (
        ("other", "given one with thesis.txt"),
        ("file", "given a file"),
        ("a?b", "without ?"),
    ):
        assert main(["tune", str(shop), "--out", str(tmp_path / name)]) == 1
        assert given in capsys.readouterr().err
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "study.db").write_text("no database\n" * 1000)
    assert main(["tune", str(shop), "--out", str(tmp_path / "damaged")]) == 1
    assert "expected a study that Optuna can read in" in capsys.readouterr().err


def test_one_search_at_a_time_has_the_folder(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold_lock(data_lock(tmp_path / "study"), tmp_path / "study"):
        assert main(["tune", str(shop), "--out", str(tmp_path / "study")]) == 1
    assert "expected one command at a time to write" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--trials", "0"], ["--trials", "-1"], ["--trials", "x"], ["--minutes", "0"], ["--minutes", "nan"]]
)  # fmt: skip
def test_limits_are_positive(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["tune", "job.yaml", "--out", "study", *arguments])
    assert "given" in capsys.readouterr().err
