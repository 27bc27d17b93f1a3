"""`chorus diversity` from the command to its files, and the bundles that it refuses."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from models.contract.bundle import REPORT, read_manifest

NONE, DEFAULT = "the fitted weights", "chorus, as served"


@dataclass(frozen=True, slots=True)
class Run:
    """A run over a bundle, and one that trained its network."""

    job: Path
    bundle: Path
    of_bundle: dict[str, Any]
    of_training: dict[str, Any]
    folder: Path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in ("diversity", *arguments, "--searched", 1)])


@pytest.fixture(scope="module")
def measured(make_shop, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("diversity")
    job = make_shop(folder / "shop", export={"fit": "train"})
    bundle = folder / "bundle"
    assert main(["train", str(job), "--out", str(bundle)]) == 0
    assert run(job, "--bundle", bundle, "--out", folder / "first") == 0
    assert run(job, "--out", folder / "second") == 0
    first, second = (
        json.loads((folder / name / "frontier.json").read_text()) for name in ("first", "second")
    )
    return Run(job, bundle, first, second, folder)


def test_the_points_of_the_bundle_are_those_of_its_report(measured: Run) -> None:
    report = json.loads((measured.bundle / REPORT).read_text())
    default = read_manifest(measured.bundle).diversity
    tables = (report["at_cutoff"], report["next_event"])
    objectives = (report["objective_at_cutoff"], report["objective_next_event"])
    for frontier, table, rows in zip(measured.of_bundle["frontiers"], tables, objectives, strict=True):
        assert frontier["lists"] == table["lists"] == frontier["all_lists"]
        named = {row["name"]: row["objective"] for row in rows}
        none, *points = frontier["points"]
        (own,) = [point for point in points if point["is_default"]]
        assert (own["method"], own["strength"]) == (default.method, default.strength)
        assert none["objective"] == pytest.approx(named[NONE])
        assert own["objective"] == pytest.approx(named[DEFAULT])
        figures = {row["name"]: row for row in table["rows"]}[DEFAULT]
        assert own["intra_list_diversity"] == pytest.approx(figures["ild_jaccard"])
        assert own["coverage"] == pytest.approx(figures["coverage"])
        assert own["novelty"] == pytest.approx(figures["novelty"])


def test_a_network_that_is_trained_for_it_gives_the_same_points(measured: Run) -> None:
    assert measured.of_training["model_version"] is None
    assert measured.of_bundle["model_version"] == read_manifest(measured.bundle).model_version
    for first, second in zip(measured.of_bundle["frontiers"], measured.of_training["frontiers"], strict=True):
        assert [point["objective"] for point in first["points"]] == pytest.approx(
            [point["objective"] for point in second["points"]], abs=1e-6
        )
    assert not list(measured.folder.rglob("checkpoint.pt"))


def test_more_strength_gives_more_diversity_and_the_difference_has_its_interval(measured: Run) -> None:
    assert (measured.of_bundle["part"], measured.of_bundle["space"]) == ("test", "labels")
    for frontier in measured.of_bundle["frontiers"]:
        none, *points = frontier["points"]
        assert (none["method"], none["difference"]) == ("none", None)
        for method in ("mmr", "dpp"):
            own = [point for point in points if point["method"] == method]
            assert [point["strength"] for point in own] == sorted({point["strength"] for point in own})
            assert own[-1]["intra_list_diversity"] > none["intra_list_diversity"]
        for point in points:
            difference = point["difference"]
            assert difference["low"] <= difference["mean"] <= difference["high"]
            assert difference["mean"] == pytest.approx(point["objective"] - none["objective"], abs=1e-9)


def test_debiasing_begins_at_the_default_and_moves_places_to_less_popular_items(measured: Run) -> None:
    report = json.loads((measured.bundle / REPORT).read_text())
    for frontier, table in zip(
        measured.of_bundle["frontiers"], (report["at_cutoff"], report["next_event"]), strict=True
    ):
        plain, *points = frontier["debias"]
        assert (plain["strength"], plain["difference"]) == (0, None)
        figures = {row["name"]: row for row in table["rows"]}[DEFAULT]
        assert [plain[name] for name in ("ndcg", "coverage", "novelty")] == pytest.approx(
            [figures[name] for name in ("ndcg", "coverage", "novelty")]
        )
        shown = {band["name"]: band["shown"][DEFAULT] for band in table["exposure"]}
        assert plain["exposure"] == pytest.approx(shown)
        assert [point["strength"] for point in points] == sorted(point["strength"] for point in points)
        for point in points:
            assert sum(point["exposure"].values()) == pytest.approx(1)
            assert point["difference"]["mean"] == pytest.approx(point["ndcg"] - plain["ndcg"], abs=1e-9)
        assert points[-1]["novelty"] > plain["novelty"]
        assert points[-1]["exposure"]["head"] < plain["exposure"]["head"]


def test_greedy_lists_stand_beside_those_of_the_searches(measured: Run) -> None:
    rows = measured.of_bundle["searches"]
    assert {(row["method"], row["strength"]) for row in rows} == {
        (method, strength) for method in ("mmr", "dpp") for strength in (0.15, 0.3, 0.5)
    }
    for row in rows:
        assert row["lists"] == 2
        assert row["by_relevance"] <= row["greedy"] <= 1.001 * max(row["annealing"], row["genetic"])
        # The least strength may leave the order of relevance as it is.
        assert row["by_relevance"] < row["greedy"] or row["strength"] == 0.15
        # At 0.5 the two genres of this shop leave little to be diverse with: the values are small, and so the shares.
        assert row["share"] >= 0.95 or row["strength"] == 0.5


def test_the_files_and_what_is_printed(measured: Run, capsys: pytest.CaptureFixture[str]) -> None:
    out = measured.folder / "third"
    assert run(measured.job, "--bundle", measured.bundle, "--out", out) == 0
    printed = capsys.readouterr().out
    assert json.loads((out / "frontier.json").read_text()) == measured.of_bundle
    assert "<svg" in (out / "frontier.svg").read_text("utf-8")
    default = read_manifest(measured.bundle).diversity
    name = f"{default.method} {default.strength:g}"
    assert f"{name}, the default" in printed
    assert printed.count(f"the fitted default, {name}: objective ") == 2
    assert "at the cut" in printed and "next event" in printed
    assert printed.count("the default with popularity debiasing") == 2
    assert {path.name for path in out.iterdir()} == {"data.work", "frontier.json", "frontier.svg"}


def test_a_bundle_that_has_learned_from_the_test_part_is_refused(
    shop: Path, shop_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(shop, "--bundle", shop_bundle, "--out", tmp_path / "out") == 1
    assert "expected a bundle that has not learned from the test part" in capsys.readouterr().err


def test_a_bundle_of_another_job_is_refused(
    measured: Run, make_shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = make_shop(tmp_path / "shop", tasks=[], scenes={})
    assert run(other, "--bundle", measured.bundle, "--out", tmp_path / "out") == 1
    assert "expected a bundle of this job and its data" in capsys.readouterr().err
    assert run(measured.job, "--bundle", tmp_path, "--out", tmp_path / "out2") == 1
    assert "expected a bundle with a readable manifest.json" in capsys.readouterr().err


def test_a_job_without_a_test_part_is_refused_before_any_training(
    make_shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = make_shop(tmp_path / "shop", split={"valid": 0.1, "test": 0})
    assert run(job, "--out", tmp_path / "out") == 1
    assert "split.test: expected test events" in capsys.readouterr().err
