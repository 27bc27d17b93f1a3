"""`make test-faults` in small: cheap kinds of fault through the same registry, and what its table calls good."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.faults.__main__ import print_table, try_kinds
from tests.faults.kinds.registry import KINDS
from tests.faults.tally import Tally
from tests.faults.written import Written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Running

CHEAP = ("forged cursors", "hostile JSON", "guessed keys", "damaged bundles")
ERROR = {"error": {"code": "store_timeout", "message": "expected a, given b", "field": None}}


def test_cheap_kinds_lose_and_break_nothing(
    trained: "Path", tmp_path: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    tallies = try_kinds(CHEAP, trained, tmp_path, seconds=0.2)
    assert {name: tally.problems for name, tally in tallies.items()} == {name: [] for name in CHEAP}
    assert all(tally.is_good and tally.tried > 20 for tally in tallies.values())
    print_table(tallies)
    printed = capsys.readouterr().out
    assert all(name in printed for name in CHEAP)


def test_a_kind_that_raises_has_failed(
    trained: "Path", tmp_path: "Path", monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_site: object) -> Tally:
        raise AssertionError("expected within 1 s that it holds")

    monkeypatch.setitem(KINDS, "failing", fail)
    tally = try_kinds(["failing"], trained, tmp_path, seconds=0.2)["failing"]
    assert not tally.is_good and "expected within 1 s that it holds" in tally.problems[0]


def _answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    answer = httpx.Response(status, json=body, headers=headers, request=httpx.Request("GET", "http://a/b"))
    answer.elapsed = timedelta(milliseconds=12)
    return answer


def test_what_fails() -> None:
    assert len(KINDS) == 27
    tally = Tally()
    assert not tally.is_good  # nothing was tried
    tally.take(_answer(200, {}))
    tally.take(_answer(503, ERROR, **{"retry-after": "1"}), (503,))
    assert tally.is_good and (tally.tried, tally.server_errors, tally.worst_ms) == (2, 1, 12.0)
    for answer in (
        _answer(500, ERROR),
        _answer(503, ERROR),
        _answer(503, {"detail": "no"}, **{"retry-after": "1"}),
    ):
        before = tally.failed
        tally.take(answer, (503,))
        assert tally.failed == before + 1


def test_lost_and_doubled_events_are_found(service: "Running", wait_until: Callable[..., None]) -> None:
    written, tally = Written("compared"), Tally()
    writing = written.load(service)
    with writing.running(callers=1):
        wait_until("events are accepted", lambda: writing.ok >= 3)
    written.compare(service, tally)
    assert tally.is_good
    unstored = httpx.Response(200, request=httpx.Request("POST", service.url, json=written.body(10_000)))
    writing.answers.append(unstored)
    service.tell("compared-0", "compared-0-0")
    written.compare(service, tally)
    assert tally.lost == 4 and not tally.is_good
