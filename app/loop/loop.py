"""The loop: rounds of export, learning, publication and reload. Each step can be repeated, so a kill loses nothing."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.loop.round import Begun, Exported, Learned, Outcome, Round, choose_kind
from app.loop.served_model import ServiceError
from app.loop.table import append_round, begin_round, count_learned, read_interrupted, read_rounds


class StepError(Exception):
    """A step that failed for a reason that may pass: the next round tries it again."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a round. Each raises StepError, and may be repeated after a kill at any moment."""

    recover: Callable[[], None]  # put back the bundle that a killed publication moved away
    export: Callable[[], Exported]
    learn: Callable[[str], Learned]  # by the kind of the round; publishes at once, or rejects
    published: Callable[[], str | None]  # the model version of the published bundle
    serve: Callable[[str], str] | None  # let the service serve a model version; raises ServiceError


def run_rounds(
    work: Path,
    steps: Steps,
    full_every: int | None,
    tell: Callable[[str], None],
    clock: Callable[[], float] = time.time,
) -> Iterator[Round]:
    """Yield the rounds as they end; each is in the table before it is told and yielded.

    A round that a killed process did not end gets a row first.
    """
    while True:
        steps.recover()
        begun = read_interrupted(work)
        if begun is not None and all(one.number != begun.number for one in read_rounds(work)):
            interrupted = _end_interrupted(begun, steps.published(), clock())
            append_round(work, interrupted)
            tell(interrupted.to_line())
        row = run_round(work, steps, full_every, clock)
        tell(row.to_line())
        yield row


def run_round(work: Path, steps: Steps, full_every: int | None, clock: Callable[[], float]) -> Round:
    """Run one round and add it to the table."""
    rounds = read_rounds(work)
    before, began = steps.published(), clock()
    number = rounds[-1].number + 1 if rounds else 1
    begun = Begun(number, choose_kind(count_learned(rounds), full_every), format_moment(began), before)
    begin_round(work, begun)
    exported = Exported()
    try:
        exported = steps.export()
        learned = steps.learn(begun.kind)
    except StepError as error:
        learned = Learned(Outcome.FAILED, (str(error),))
    after = steps.published()
    warnings = (exported.warning,) if exported.warning else ()
    ended = Round(
        number=number,
        kind=begun.kind,
        began_at=begun.began_at,
        seconds=round(clock() - began, 1),
        outcome=learned.outcome,
        exported=exported.events,
        erased_events=exported.erased_events,
        before=before,
        after=after,
        reasons=(*learned.reasons, *warnings),
        service=_serve(steps, after),
    )
    append_round(work, ended)
    return ended


def _serve(steps: Steps, version: str | None) -> str:
    """The service's answer. Also without a new bundle: the round before may have been killed before its reload."""
    if steps.serve is None or version is None:
        return ""
    try:
        return steps.serve(version)
    except ServiceError as error:
        return f"failed: {error}"


def _end_interrupted(begun: Begun, published: str | None, now: float) -> Round:
    """The row of a round that a killed process began."""
    began = datetime.fromisoformat(begun.began_at).timestamp()
    done = "it had published its bundle" if published != begun.model_version else "nothing was published"
    return Round(
        number=begun.number,
        kind=begun.kind,
        began_at=begun.began_at,
        seconds=round(max(now - began, 0.0), 1),
        outcome=Outcome.INTERRUPTED,
        exported=0,
        erased_events=0,
        before=begun.model_version,
        after=published,
        reasons=(f"the process ended within the round; {done}",),
    )


def format_moment(moment: float) -> str:
    """A moment in UTC, to the second."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
