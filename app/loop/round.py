"""One round of the loop: what was learned, whether it was published, and whether the service has it."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

KINDS = ("update", "training")


class Outcome(StrEnum):
    """How a round ended."""

    PUBLISHED = "published"
    REJECTED = "rejected"  # worse than the published bundle; kept in <bundle>.rejected
    NOTHING_NEW = "nothing_new"  # no or too few events since the published bundle
    FAILED = "failed"  # tried again in the next round
    INTERRUPTED = "interrupted"  # the process ended within the round


@dataclass(frozen=True, slots=True)
class Learned:
    """The result of learning: a bundle that was published or rejected, or nothing."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """The events that an export wrote, and those that it removed since their users were erased."""

    events: int = 0
    erased_events: int = 0
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A round that has begun."""

    number: int
    kind: str
    began_at: str
    model_version: str | None  # of the bundle that was published before


@dataclass(frozen=True, slots=True)
class Round:
    """A round that has ended; one line of the table."""

    number: int
    kind: str
    began_at: str
    seconds: float
    outcome: Outcome
    exported: int
    erased_events: int
    before: str | None  # the model version that was published before
    after: str | None  # and after the round
    reasons: tuple[str, ...] = ()
    service: str = ""  # what the service answered; empty without one

    def to_line(self) -> str:
        """The round as a line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @staticmethod
    def of_line(line: str) -> "Round":
        """The round of a line; raises ValueError, KeyError or TypeError for another line."""
        fields = json.loads(line)
        return Round(**fields | {"outcome": Outcome(fields["outcome"]), "reasons": tuple(fields["reasons"])})


def choose_kind(rounds: int, full_every: int | None) -> str:
    """The kind of the next round after so many that learned: every `full_every`-th is a training."""
    return "training" if full_every is not None and (rounds + 1) % full_every == 0 else "update"
