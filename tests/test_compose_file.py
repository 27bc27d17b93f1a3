"""docker-compose.yml: it is valid, and its shell commands choose the job and the bundle. No Docker engine is needed."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
TRAIN_DEMO = [
    "fetch movielens-100k --out data/ml-100k",
    "train jobs/movielens-100k.yaml --out bundles/movielens-100k",
]


def services() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text("utf-8"))["services"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A container's working folder, with a command `chorus` that notes its arguments."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "chorus"
    command.write_text('#!/bin/sh\necho "$@" >> calls\n')
    command.chmod(0o755)
    return tmp_path


def run(folder: Path, service: str, **choice: str) -> tuple[int, list[str], str]:
    """The exit code, the calls of `chorus`, and the errors of a service's command."""
    given = services()[service]
    assert given["entrypoint"] == ["sh", "-euc"]
    (script,) = given["command"]
    variables = {name for name in given["environment"] if not name.startswith("CHORUS_")}
    environment = dict.fromkeys(variables, "") | choice
    assert environment.keys() == variables
    ended = subprocess.run(
        [*given["entrypoint"], script.replace("$$", "$")],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    calls = folder / "calls"
    return ended.returncode, calls.read_text().splitlines() if calls.exists() else [], ended.stderr


def publish(folder: Path, name: str) -> None:
    (folder / "bundles" / name).mkdir(parents=True)
    (folder / "bundles" / name / "manifest.json").write_text("{}")


def test_both_services_are_told_the_choice() -> None:
    given = services()
    for service in ("trainer", "chorus"):
        assert given[service]["environment"]["JOB"] == "${CHORUS_JOB:-}"
        assert given[service]["environment"]["BUNDLE"] == "${CHORUS_BUNDLE:-}"
        volumes = [volume.removesuffix(":ro") for volume in given[service]["volumes"]]
        assert "${CHORUS_BUNDLES:-bundles}:/srv/chorus/bundles" in volumes
    assert "${CHORUS_FOLDER:-.}:/srv/chorus/own:ro" in given["trainer"]["volumes"]


def test_the_keys_of_what_is_stored_come_from_the_environment() -> None:
    """An empty variable counts as unset (tests/app/test_config.py)."""
    for name in ("CHORUS_PSEUDONYM_KEY", "CHORUS_STATE_KEY", "CHORUS_STATE_KEYS_OLD"):
        assert services()["chorus"]["environment"][name] == f"${{{name}:-}}"


@pytest.mark.parametrize("service", sorted(services()))
def test_no_service_has_rights_or_writes_outside_its_volumes(service: str) -> None:
    given = services()[service]
    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert "cap_add" not in given and "privileged" not in given
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert 0 < given["pids_limit"] <= 512
    assert re.fullmatch(r"\$\{CHORUS_\w+:-\d+g\}", given["mem_limit"])
    (temporary,) = given["tmpfs"]
    assert re.fullmatch(r"/tmp:mode=1777,size=\d+[mg]", temporary)


def test_no_service_runs_as_root() -> None:
    assert services()["redis"]["user"] == "999:999"
    _, *stages = re.split(r"^FROM runtime AS ", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.M)
    assert [stage.split()[0] for stage in stages] == ["trainer", "service"]
    for stage in stages:
        assert re.findall(r"^USER (.*)$", stage, re.M) == ["10001:10001"]
    assert "user" not in services()["trainer"] and "user" not in services()["chorus"]


def test_health_is_checked() -> None:
    assert "redis-cli ping" in services()["redis"]["healthcheck"]["test"][1]
    assert re.search(r"^HEALTHCHECK .*\n.*/readyz", (ROOT / "Dockerfile").read_text("utf-8"), re.M)


def test_every_variable_is_documented() -> None:
    variables = set(re.findall(r"\$\{(CHORUS_\w+)", COMPOSE.read_text("utf-8")))
    documented = set(
        re.findall(r"^\| `(CHORUS_\w+)`", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.M)
    )
    assert variables and variables <= documented


@pytest.mark.parametrize(
    ("choice", "calls", "served"),
    [
        ({}, TRAIN_DEMO, "movielens-100k"),
        ({"JOB": "./shop/job.yaml"}, ["train own/./shop/job.yaml --out bundles/job"], "job"),
        ({"JOB": "job.yaml", "BUNDLE": "films"}, ["train own/job.yaml --out bundles/films"], "films"),
    ],
)
def test_what_is_trained_once_and_served(
    folder: Path, choice: dict[str, str], calls: list[str], served: str
) -> None:
    assert run(folder, "trainer", **choice) == (0, calls, "")
    publish(folder, served)
    (folder / "calls").unlink()
    assert run(folder, "trainer", **choice) == (0, [], "")
    assert run(folder, "trainer", **choice, RETRAIN="1") == (0, calls, "")
    (folder / "calls").unlink()
    serve = f"serve bundles/{served} --host 0.0.0.0 --port 8000"
    assert run(folder, "chorus", **choice) == (0, [serve], "")


@pytest.mark.parametrize(
    ("choice", "call"),
    [
        ({}, "loop jobs/movielens-100k.yaml --bundle bundles/movielens-100k --every 1h"),
        (
            {"JOB": "shop/job.yaml", "FULL_EVERY": "24"},
            "loop own/shop/job.yaml --bundle bundles/job --every 1h --full-every 24",
        ),
        ({"JOB": "job.yaml", "BUNDLE": "films"}, "loop own/job.yaml --bundle bundles/films --every 1h"),
    ],
)
def test_the_loop_learns_the_served_bundle(folder: Path, choice: dict[str, str], call: str) -> None:
    served = f"{call} --service http://chorus:8000"
    assert run(folder, "loop", **choice, EVERY="1h") == (0, [served], "")


def test_the_loop_is_a_choice_and_needs_the_job(folder: Path) -> None:
    """Without its profile `up` starts the other services alone."""
    assert services()["loop"]["profiles"] == ["loop"]
    assert [name for name, given in services().items() if "profiles" not in given] == [
        "redis",
        "trainer",
        "chorus",
    ]
    code, calls, errors = run(folder, "loop", BUNDLE="films", EVERY="1h")
    assert (code, calls) == (1, [])
    assert errors == "chorus: expected the job of the bundle films in CHORUS_JOB, given none\n"


def test_a_bundle_that_is_trained_already(folder: Path) -> None:
    publish(folder, "films")
    assert run(folder, "trainer", BUNDLE="films") == (0, [], "")
    assert run(folder, "chorus", BUNDLE="films")[1] == ["serve bundles/films --host 0.0.0.0 --port 8000"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            {"BUNDLE": "films"},
            "expected a bundle films in CHORUS_BUNDLES or a job in CHORUS_JOB, given neither",
        ),
        ({"JOB": "/data/job.yaml"}, "expected CHORUS_JOB relative to CHORUS_FOLDER, given /data/job.yaml"),
    ],
)
def test_what_cannot_be_trained(folder: Path, choice: dict[str, str], message: str) -> None:
    assert run(folder, "trainer", **choice) == (1, [], f"chorus: {message}\n")
