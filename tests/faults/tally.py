"""What one kind of fault did to those who called the service meanwhile."""

from collections.abc import Container
from dataclasses import dataclass, field

import httpx

from tests.e2e.conftest import Load
from tests.faults.error_shape import read_error

OK = (200,)
SHOWN = 5
"""Problems of a kind that are shown; the others are counted alone."""


@dataclass(slots=True)
class Tally:
    """Counts of one kind of fault. `lost` has acknowledged events that are not stored, or stored twice.

    `failed` has everything that must not happen: a connection that broke, an answer whose status this kind of fault
    does not excuse, an error without the one JSON shape, a 503 without Retry-After, and checks that did not hold.
    """

    tried: int = 0
    lost: int = 0
    failed: int = 0
    server_errors: int = 0
    worst_ms: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether something was tried, nothing was lost and nothing failed."""
        return self.tried > 0 and self.lost == 0 and self.failed == 0

    def take(self, answer: httpx.Response, allowed: Container[int] = OK) -> httpx.Response:
        """Count an answer; any status but the allowed ones is a failure."""
        self.tried += 1
        self.worst_ms = max(self.worst_ms, answer.elapsed.total_seconds() * 1000)
        self.server_errors += answer.status_code >= 500
        problem = _find_problem(answer, allowed)
        if problem is not None:
            self.fail(f"{answer.request.method} {answer.request.url.path}: {problem}")
        return answer

    def take_load(self, load: Load, allowed: Container[int] = OK, may_break: bool = False) -> None:
        """Count all answers of callers; connections that broke are failures, unless the fault was to break them."""
        for answer in load.answers:
            self.take(answer, allowed)
        self.tried += len(load.failures)
        for failure in [] if may_break else load.failures:
            self.fail(f"{load.path}: {failure}")

    def check(self, holds: bool, problem: str) -> None:
        """Count something that was tried and must hold."""
        self.tried += 1
        if not holds:
            self.fail(problem)

    def fail(self, problem: str) -> None:
        """Count a failure."""
        self.failed += 1
        if len(self.problems) < SHOWN:
            self.problems.append(problem[:200])

    def lose(self, lost: int, twice: int) -> None:
        """Count acknowledged events that are not stored, and those that are stored twice."""
        self.lost += lost + twice
        if lost or twice:
            self.problems.append(f"{lost} acknowledged events are not stored, {twice} are stored twice")


def _find_problem(answer: httpx.Response, allowed: Container[int]) -> str | None:
    status = answer.status_code
    if status not in allowed:
        return f"{status} {answer.text[:120]}"
    if status >= 400 and read_error(answer.content) is None:
        return f"{status} that is not an error in JSON: {answer.text[:80]}"
    if status == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" not in answer.headers:
        return "503 without Retry-After"
    return None
