from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.serving.batch import FileFigures
from benchmarks.serving.cores import choose_cores
from benchmarks.serving.figures import BundleFigures
from benchmarks.serving.result import BatchFigures, Measured, Result, build_result, write_result
from benchmarks.serving.run import ALL, Plan, measure_bundle
from benchmarks.serving.table import TARGETS, print_result


@pytest.fixture(scope="module")
def measured(trained: Path) -> BundleFigures:
    """One short turn of real servers over the shop's bundle."""
    plan = Plan(trained, None, turns=1, seconds=0.2, pairs=0)
    return measure_bundle(trained, choose_cores(), ALL, plan)


def test_every_contender_answers_every_call(measured: BundleFigures) -> None:
    assert list(measured.contenders) == ["floor", "chorus", "naive"]
    for contender in measured.contenders.values():
        assert list(contender.closed) == [1, 8, 32]
        loads = [*contender.closed.values(), contender.open]
        assert [load.failed for load in loads] == [0, 0, 0, 0]
        assert all(load.lists_per_s > 0 and 0 < load.p50_ms <= load.p99_ms for load in loads)
        assert contender.ready_s > 0


def test_a_turn_has_stages_operations_and_ratios(measured: BundleFigures) -> None:
    assert {"encode", "retrieve", "score", "rerank"} <= measured.stages_us.keys()
    assert measured.operations.keys() == {"list_ms", "query_ms", "put_item_ms", "query_ratio"}
    assert measured.ratios.floor > 0
    assert measured.ratios.naive is not None
    assert measured.batch_pairs_per_s > 0
    assert measured.items == 80


def test_the_result_names_what_was_not_measured(measured: BundleFigures, tmp_path: Path) -> None:
    batch = BatchFigures(
        http_pairs_per_s=300.0, products_pairs_per_s=500.0, file=FileFigures(1000, 2.0, 100.0)
    )
    whole = Measured(base=measured, million=None, recall=None, batch=batch)
    result = build_result(whole, ["a note"], turns=1, seconds=0.2)
    assert result.batch_score_ratio == 0.6
    assert result.naive_ratio == measured.ratios.naive
    missing = {name for name in TARGETS if getattr(result, name) is None}
    assert missing == result.reasons.keys()
    assert "workers2_ratio" in missing
    write_result(tmp_path / "results" / "serving.json", result)
    read = Result.model_validate_json((tmp_path / "results" / "serving.json").read_text())
    assert read.base.bundle == measured.bundle
    lines = StringIO()
    print_result(Console(file=lines, width=150), result)
    assert "note: a note" in lines.getvalue()
    assert all(name in lines.getvalue() for name in TARGETS)
