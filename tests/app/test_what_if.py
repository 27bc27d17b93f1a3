"""`chorus what-if` on logs that the service's exploration has drawn: values, tables, JSON, and refusals in one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from models.ranking.exploration import Policy
from tests.app.http.conftest import write_bundle
from tests.models.recipe.what_if.logged import Row, draw_log, write_log

LISTS, SIZE = 4_000, 3


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists that are drawn by `next`, and mostly by chance, while takes follow `like`."""
    rows = draw_log(LISTS, SIZE, Policy.EPSILON, 0.8)
    return write_log(tmp_path_factory.mktemp("log") / "impressions", rows).parent


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "tiny", "tiny")


def ask(capsys: pytest.CaptureFixture[str], log: Path, *arguments: str) -> dict[str, Any]:
    assert main(["what-if", str(log), *arguments, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_weights_that_fit_the_takes_are_worth_more(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    told = ask(capsys, log, "--weights", "like=1", "--strength", "1")
    assert (told["support"]["lists"], told["places"], told["partly_shown"]) == (LISTS, SIZE, 0)
    assert told["support"]["mean_weight"] == pytest.approx(1, abs=0.15)
    for name in ("snips", "rips", "snrips", "dr"):
        assert told["values"][name]["difference"]["low"] > 0, name
    assert not told["warnings"]
    other = ask(capsys, log, "--weights", "like=-1", "--strength", "1")
    assert other["values"]["dr"]["difference"]["high"] < 0


def test_the_policy_of_the_log_is_worth_what_it_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = write_log(tmp_path, draw_log(400, SIZE))
    told = ask(capsys, log, "--weights", "next=1", "--strength", "1")
    logged = told["values"]["logged"]["value"]["mean"]
    assert {name: value["value"]["mean"] for name, value in told["values"].items()} == pytest.approx(
        dict.fromkeys(told["values"], logged), abs=0.02
    )
    assert told["support"]["effective_lists"] == pytest.approx(400, rel=0.01)
    worth = ask(capsys, log, "--weights", "next=1", "--strength", "1", "--reward", "value", "--scene", "home")
    assert worth["support"]["lists"] == 200 and worth["values"]["logged"]["value"]["mean"] > logged


def test_the_first_places_alone_may_count(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    told = ask(capsys, log, "--weights", "like=1", "--strength", "1", "--places", "1")
    assert told["places"] == 1
    assert told["values"]["ips"] == told["values"]["rips"], "there is no place above"


def test_a_bundle_gives_scales_and_vectors(
    capsys: pytest.CaptureFixture[str], log: Path, bundle: Path
) -> None:
    arguments = ("--weights", "like=1,next=.5", "--bundle", str(bundle), "--strength", "1")
    plain = ask(capsys, log, *arguments)
    diverse = ask(capsys, log, *arguments, "--diversity", "mmr:.9")
    assert diverse["target"]["method"] == "mmr"
    assert diverse["values"]["dr"] != plain["values"]["dr"]


def test_the_table_tells_what_is_missing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A log without chance, of lists whose candidates were not all shown, some with an unknown propensity."""

    def change(row: Row) -> Row:
        number = int(str(row["recommendation_id"])[1:])
        propensity = 1.0 if number < 15 else 0.2 if number < 18 else None
        return {**row, "propensity": propensity}

    write_log(tmp_path, [change(row) for row in draw_log(20)])
    assert main(["what-if", str(tmp_path), "--weights", "like=1"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "18 lists of" in out and "left out: 2 unknown_propensity" in out
    assert "doubly robust (dr)" in out and "the logged policy" in out
    assert "83% of the lists were shown without chance" in out
    assert "3 of 18 lists had candidates that were not shown" in out
    assert "warning: the mean weight is" in out or "effective lists" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weights", "next"], "expected weights such as next=1,like=.5, given 'next'"),
        (["--weights", "rating=1"], "expected a head of next, like in"),
        (["--weights", "next=1", "--diversity", "mmr"], "expected none, or a method and its strength"),
        (["--weights", "next=1", "--diversity", "mmr:.2"], "expected --bundle beside --diversity"),
        (["--weights", "next=1", "--scene", "away"], "given none"),
        (["--weights", "next=1", "--bundle", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    capsys: pytest.CaptureFixture[str], log: Path, arguments: list[str], message: str
) -> None:
    assert main(["what-if", str(log), *arguments]) == 1
    told = capsys.readouterr().err
    assert told.startswith("chorus: ") and message in told and told.count("\n") == 1


def test_a_head_that_the_bundle_lacks(capsys: pytest.CaptureFixture[str], log: Path, bundle: Path) -> None:
    assert main(["what-if", str(log), "--weights", "likes=1", "--bundle", str(bundle)]) == 1
    assert "expected a head of the bundle, one of next, like" in capsys.readouterr().err


@pytest.mark.parametrize("strength", ["-1", "2", "x", "nan"])
def test_a_strength_is_a_share(log: Path, strength: str) -> None:
    with pytest.raises(SystemExit):
        main(["what-if", str(log), "--weights", "next=1", f"--strength={strength}"])
