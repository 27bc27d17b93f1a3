"""Rounds of the loop with steps of a test: what is recorded, and what a kill at any step leaves behind."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from app.loop.loop import StepError, Steps, run_rounds
from app.loop.round import Exported, Learned, Outcome, Round, choose_kind
from app.loop.served_model import ServiceError, check_url
from app.loop.table import append_round, read_interrupted, read_rounds, render

STEPS = ("recover", "export", "learn before", "learn after", "serve", "append", "append after")


def make_steps(folder: Path, kill_at: str = "") -> Steps:
    """Steps over files: an export takes each event once, learning publishes all that was exported by one rename."""

    def reach(step: str) -> None:
        with (folder / "calls").open("a") as calls:
            calls.write(f"{step}\n")
        if step == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def read(name: str) -> str:
        path = folder / name
        return path.read_text() if path.exists() else ""

    def write(name: str, text: str) -> None:
        (folder / "new").write_text(text)
        (folder / "new").replace(folder / name)

    def export() -> Exported:
        reach("export")
        events = read("stream")
        count = len(events) - len(read("exported"))
        write("exported", events)
        return Exported(count)

    def learn(kind: str) -> Learned:
        reach("learn before")
        if read("exported") == read("published"):
            return Learned(Outcome.NOTHING_NEW)
        write("published", read("exported"))
        reach("learn after")
        return Learned(Outcome.PUBLISHED, (kind,))

    def serve(version: str) -> str:
        reach("serve")
        write("served", version)
        return "reloaded"

    return Steps(lambda: reach("recover"), export, learn, lambda: read("published") or None, serve)


def run_and_die(folder: Path, kill_at: str) -> None:
    """Run a round in a process that is killed at a step, or within the writing of the table."""
    replace, unlink = Path.replace, Path.unlink

    def replace_or_die(self: Path, target: Path) -> Path:
        if kill_at == "append" and Path(target).name == "rounds.jsonl":
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    def unlink_or_die(self: Path, missing_ok: bool = False) -> None:
        if kill_at == "append after" and self.name == "round.json":
            os.kill(os.getpid(), signal.SIGKILL)
        unlink(self, missing_ok)

    Path.replace, Path.unlink = replace_or_die, unlink_or_die  # type: ignore[assignment, method-assign]
    next(run_rounds(folder, make_steps(folder, kill_at), None, lambda _line: None))


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_loses_nothing(tmp_path: Path, step: str) -> None:
    """The next process learns and serves every event, and the table has each round once, the killed one too."""
    (tmp_path / "stream").write_text("abc")
    process = multiprocessing.get_context("fork").Process(target=run_and_die, args=(tmp_path, step))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    told: list[str] = []
    next(run_rounds(tmp_path, make_steps(tmp_path), None, told.append))
    assert (tmp_path / "published").read_text() == (tmp_path / "served").read_text() == "abc"
    rounds = read_rounds(tmp_path)
    assert [json.loads(line)["number"] for line in told] == [one.number for one in rounds][-len(told) :]
    assert [one.number for one in rounds] == list(range(1, len(rounds) + 1))
    assert read_interrupted(tmp_path) is None
    killed, last = rounds[0], rounds[-1]
    published_before = step in ("learn after", "serve", "append", "append after")
    if step == "recover":  # before the round began
        assert [one.outcome for one in rounds] == [Outcome.PUBLISHED]
    elif step == "append after":
        assert [one.outcome for one in rounds] == [Outcome.PUBLISHED, Outcome.NOTHING_NEW]
    else:
        assert killed.outcome is Outcome.INTERRUPTED and len(rounds) == 2
        assert ("had published" in killed.reasons[0]) is published_before
        assert last.outcome is (Outcome.NOTHING_NEW if published_before else Outcome.PUBLISHED)
    assert last.service == "reloaded"


def steps_of(learn: Callable[[str], Learned], serve: Callable[[str], str] | None = None) -> Steps:
    return Steps(lambda: None, lambda: Exported(5, 1, "a gap"), learn, lambda: "v1", serve)


def test_what_fails_is_recorded_and_tried_again(tmp_path: Path) -> None:
    """A failure of a step, and of the service, ends neither the round nor the loop."""

    def learn(kind: str) -> Learned:
        if len(read_rounds(tmp_path)) == 0:
            raise StepError(f"{kind}: no memory")
        return Learned(Outcome.REJECTED, ("worse",))

    def serve(_version: str) -> str:
        raise ServiceError("no answer")

    rounds = run_rounds(tmp_path, steps_of(learn, serve), None, lambda _line: None)
    first, second = next(rounds), next(rounds)
    assert (first.outcome, first.reasons) == (Outcome.FAILED, ("update: no memory", "a gap"))
    assert (second.outcome, second.reasons) == (Outcome.REJECTED, ("worse", "a gap"))
    assert second.service == "failed: no answer" and (second.exported, second.erased_events) == (5, 1)
    assert [Round.of_line(one.to_line()) for one in (first, second)] == read_rounds(tmp_path)
    heading, *rows = render(read_rounds(tmp_path))
    assert heading.split()[:4] == ["round", "began", "kind", "outcome"] and len(rows) == 2
    assert rows[1].endswith("worse; a gap") and "rejected" in rows[1]


def test_every_nth_round_that_learns_is_a_training(tmp_path: Path) -> None:
    """Rounds without anything to learn do not count."""
    outcomes = iter(
        [Outcome.PUBLISHED, Outcome.NOTHING_NEW, Outcome.FAILED, Outcome.REJECTED, Outcome.PUBLISHED]
    )
    kinds: list[str] = []

    def learn(kind: str) -> Learned:
        kinds.append(kind)
        return Learned(next(outcomes))

    rounds = run_rounds(tmp_path, steps_of(learn), 3, lambda _line: None)
    for _ in range(5):
        next(rounds)
    assert kinds == ["update", "update", "update", "update", "training"]
    assert [choose_kind(learned, 1) for learned in range(3)] == ["training"] * 3
    assert {choose_kind(learned, None) for learned in range(10)} == {"update"}


def test_a_line_that_was_not_finished_is_dropped(tmp_path: Path) -> None:
    steps = steps_of(lambda _kind: Learned(Outcome.PUBLISHED))
    row = next(run_rounds(tmp_path, steps, None, lambda _line: None))
    table = tmp_path / "rounds.jsonl"
    table.write_text(table.read_text() + '{"number": 2, "ki')
    assert read_rounds(tmp_path) == [row]
    append_round(tmp_path, row)
    assert read_rounds(tmp_path) == [row, row]
    table.write_text("{}\n" + table.read_text())
    with pytest.raises(ValueError, match="expected a round in line 1 of"):
        read_rounds(tmp_path)


def test_the_address_of_the_service_is_checked() -> None:
    assert check_url("http://127.0.0.1:8000/") == "http://127.0.0.1:8000"
    for wrong in ("file:///etc/passwd", "127.0.0.1:8000", "http://"):
        with pytest.raises(ValueError, match="expected a URL such as"):
            check_url(wrong)
