"""The front door: exit codes, and one clear line for what cannot be done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHORUS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("CHORUS_API_KEY", raising=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: command"),
        (["sing"], "invalid choice: 'sing'"),
        (["train", "job.yaml"], "the following arguments are required: --out"),
        (["serve", "bundle", "--port", "eighty"], "invalid int value: 'eighty'"),
        (["serve", "one", "two"], "unrecognized arguments: two"),
        (["batch-score", "in.csv", "out.csv"], "the following arguments are required: --bundle"),
        (["inspect"], "the following arguments are required: bundle"),
    ],
)
def test_arguments_that_cannot_be_used_end_with_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that fails says, all of it."""
    assert main(arguments) == 1
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("chorus: ") and "Traceback" not in said.out
    return lines[0]


def test_what_fails_ends_with_1_and_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, trained: Path
) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    (tmp_path / "job.yaml").write_text(
        "name: shop\nsong: 1\ninteractions: {path: x.csv, user: u, item: i, time: t}"
    )
    into, bundle = str(tmp_path / "out.csv"), str(trained)
    given = str(tmp_path / "in.csv")
    assert "expected a bundle" in refusal(capsys, "inspect", str(tmp_path))
    assert "expected a bundle" in refusal(capsys, "evaluate", str(tmp_path))
    assert "one of movielens-100k" in refusal(capsys, "fetch", "poems", "--out", str(tmp_path))
    assert "columns user_id and item_id" in refusal(capsys, "batch-score", given, into, "--bundle", bundle)
    assert "No such file" in refusal(capsys, "batch-score", "absent.csv", into, "--bundle", bundle)
    assert "CHORUS_PORT: expected" in refusal(capsys, "serve", bundle, "--port", "99999")
    assert main(["train", str(tmp_path / "job.yaml"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("chorus: ") and "song" in said and "interactions.path" in said


def test_batch_score_prints_its_counts(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, trained: Path
) -> None:
    (tmp_path / "in.csv").write_text("user_id,item_id\nu1,i1\nu1,never\n,i1\n")
    out = tmp_path / "out.parquet"
    assert main(["batch-score", str(tmp_path / "in.csv"), str(out), "--bundle", str(trained)]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": 1, "unknown_item": 1, "error": 1}
    assert out.is_file()


def test_inspect_and_evaluate_show_the_bundle(capsys: pytest.CaptureFixture[str], trained: Path) -> None:
    assert main(["inspect", str(trained)]) == 0
    assert "all checksums right" in capsys.readouterr().out
    assert main(["evaluate", str(trained), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["model_version"] == json.loads((trained / "manifest.json").read_text())["model_version"]


def test_serving_imports_nothing_that_only_training_or_critiques_need(trained: Path) -> None:
    """Whoever installs Chorus without its extra can serve; the words of critiques are read with the first one."""
    probe = (
        "import sys; import app.cli, app.server, app.bundle.loading; from pathlib import Path;"
        f"app.bundle.loading.load_bundle(Path({str(trained)!r}), 100);"
        "late = {'models.language.critique', 'app.pipeline.query.critique'};"
        "print(sorted({'scipy', 'pyarrow', 'yaml', 'rich', 'pandas', 'sklearn', *late} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_state_folder_that_cannot_be_written_ends_the_service_with_one_line(
    tmp_path: Path, trained: Path
) -> None:
    (tmp_path / "file").write_text("")
    ended = subprocess.run(
        [sys.executable, "-m", "app.cli", "serve", str(trained), "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CHORUS_STATE_DIR": str(tmp_path / "file")},
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("chorus: expected a data folder that this user can write to, given")
    assert line.endswith("Not a directory")
