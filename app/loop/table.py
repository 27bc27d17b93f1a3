"""The table of rounds in the loop's work folder, and the note of the round under way: both survive a kill."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from app.loop.round import Begun, Outcome, Round
from models.contract.replaced_file import replace_file

ROUNDS, UNDER_WAY = "rounds.jsonl", "round.json"
LEARNING = frozenset({Outcome.PUBLISHED, Outcome.REJECTED})


def read_rounds(work: Path) -> list[Round]:
    """The rounds so far, the oldest first, without a last line that a killed process did not finish.

    Raises ValueError for another line that is none.
    """
    path = work / ROUNDS
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    rounds = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            rounds.append(Round.of_line(line))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"expected a round in line {number} of {path}, given {line[:80]!r}") from error
    return rounds


def append_round(work: Path, ended: Round) -> None:
    """Add a round to the table, and remove the note of it."""
    path = work / ROUNDS
    whole = path.read_bytes() if path.exists() else b""
    whole = whole[: whole.rfind(b"\n") + 1]  # without a line that a killed process did not finish
    replace_file(path, whole + ended.to_line().encode() + b"\n")
    (work / UNDER_WAY).unlink(missing_ok=True)


def begin_round(work: Path, begun: Begun) -> None:
    """Note the round under way."""
    replace_file(work / UNDER_WAY, json.dumps(asdict(begun)).encode())


def read_interrupted(work: Path) -> Begun | None:
    """The round that a process began and did not end; None if there is none."""
    try:
        return Begun(**json.loads((work / UNDER_WAY).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def count_learned(rounds: Sequence[Round]) -> int:
    """The rounds that learned something."""
    return sum(one.outcome in LEARNING for one in rounds)


def render(rounds: Sequence[Round]) -> list[str]:
    """The table as lines of text, one a round."""
    heading = ("round", "began", "kind", "outcome", "events", "seconds", "published", "service", "reasons")
    rows = [heading] + [
        (
            str(one.number),
            one.began_at,
            one.kind,
            one.outcome.value,
            str(one.exported),
            f"{one.seconds:.0f}",
            one.after or "-",
            one.service or "-",
            "; ".join(one.reasons) or "-",
        )
        for one in rounds
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heading) - 1)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
