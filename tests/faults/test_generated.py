"""The generated requests are the same for the same seed, and what must not be answered is found."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.config import read_settings
from app.main import create_app
from tests.faults.generated.exchange import NONE, Answer, find_fault
from tests.faults.generated.liveness import Waits
from tests.faults.generated.portion import Counts
from tests.faults.generated.progress import Progress
from tests.faults.generated.requests import KINDS, Request, RequestDrawer

CURSORS = ["eJyrVkrLz1eyUkpKLFKqBQAdegQ0", "eJyrVsrMS8usULIy1FFKSixSqgUANzwFZg"]
FRAMED = Request("valid", b"", is_head=False, is_framed=True)
JSON = {"content-type": "application/json", "x-request-id": "3"}
SHAPE = b'{"error":{"code":"%s","message":"expected a, given b","field":null}}'


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    def unopened(_settings: object) -> Any:
        raise AssertionError("expected a page that needs no runtime")

    return create_app(read_settings(), unopened).openapi()


def test_a_request_depends_on_seed_and_number_alone(page: dict[str, Any]) -> None:
    drawer, again = (RequestDrawer(page, CURSORS, 7) for _ in range(2))
    drawn = [drawer.draw(number) for number in range(300)]
    assert [again.draw(number) for number in reversed(range(300))] == drawn[::-1]
    assert RequestDrawer(page, CURSORS, 8).draw(0) != drawn[0]
    assert {request.kind for request in drawn} == KINDS.keys() and sum(KINDS.values()) == 100


def test_every_operation_is_asked(page: dict[str, Any]) -> None:
    drawer = RequestDrawer(page, CURSORS, 7)
    asked = b"\n".join(drawer.draw(number).raw for number in range(2000))
    for path, methods in page["paths"].items():
        start = path.partition("{")[0].encode()
        assert all(b"%s %s" % (method.upper().encode(), start) in asked for method in methods)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (NONE, "no answer"),
        (Answer(200, JSON, b"{}"), None),
        (Answer(200, JSON | {"x-request-id": "4"}, b"{}"), "an answer of another request"),
        (Answer(422, JSON, SHAPE % b"invalid_request"), None),
        (Answer(422, JSON, b"Unprocessable"), "an error 422 that is not JSON"),
        (Answer(422, JSON, b'{"detail":"no"}'), "an error 422 that is not JSON"),
        (Answer(404, JSON | {"content-type": "text/plain"}, SHAPE % b"a"), "an error 404 that is not JSON"),
        (Answer(500, JSON, SHAPE % b"internal"), "500 internal"),
        (Answer(503, JSON, SHAPE % b"overloaded"), None),
        (Answer(503, JSON, SHAPE % b"store_out_of_memory"), "503 store_out_of_memory"),
        (
            Answer(400, {"content-type": "application/json", "x-request-id": "f0"}, SHAPE % b"invalid_http"),
            None,
        ),
    ],
)
def test_faults(answer: Answer, fault: str | None) -> None:
    assert find_fault(answer, FRAMED, 3) == fault


def test_bytes_that_are_no_request_may_stay_without_an_answer() -> None:
    raw = Request("raw", b"", is_head=False, is_framed=False)
    assert find_fault(NONE, raw, 3) is None
    assert find_fault(Answer(400, JSON, b"Bad Request"), raw, 3) == "an error 400 that is not JSON"


def test_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    path, waits = tmp_path / "progress.json", Waits(3, 1.0, 2.0, 2.5)
    progress = Progress(path, seed=7, portion=10)
    assert progress.open_portions(25) == [0, 1, 2]
    counts = Counts()
    counts.take(FRAMED, 3, [Answer(500, JSON, SHAPE % b"internal")])
    progress.add(1, counts, waits, Waits(4, 1.0, 50.0, 102.6))
    again = Progress(path, seed=7, portion=10)
    assert again.open_portions(25) == [0, 2]
    total = json.loads(path.read_text())["total"]
    assert (total["requests"], total["faults"], total["statuses"]) == (1, 1, {"500": 1})
    assert (total["livez_worst_over_calm_ms"], total["portions_with_slow_livez"]) == (100.1, 1)
    with pytest.raises(ValueError, match="expected seed and portion"):
        Progress(path, seed=8, portion=10)
