"""The promotion gate: whether a new bundle may take the place of the one that serves."""

from dataclasses import dataclass

from models.evaluation.report.schema import Report

TOLERANCE = 0.02
"""The share by which a figure may be worse: two trainings of one job differ by about this much."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Promote or not; the reasons against, or what was compared."""

    promote: bool
    reasons: tuple[str, ...]


def decide(candidate: Report, incumbent: Report | None, tolerance: float = TOLERANCE) -> Decision:
    """Promote a candidate with no headline figure worse than the incumbent's by more than `tolerance`.

    `tolerance` is a share of the incumbent's figure, >= 0; else ValueError. Without an incumbent
    every candidate is promoted.
    """
    if tolerance < 0:
        raise ValueError(f"expected a tolerance >= 0, given {tolerance}")
    if incumbent is None:
        return Decision(True, ("there is no incumbent",))
    if candidate.job != incumbent.job:
        return Decision(False, (f"expected a bundle of the job '{incumbent.job}', given '{candidate.job}'",))
    new, old = candidate.headline(), incumbent.headline()
    lower = incumbent.lower_is_better()
    against = [
        reason for name in old if (reason := _worse(name, new.get(name), old[name], tolerance, name in lower))
    ]
    if against:
        return Decision(False, tuple(against))
    return Decision(True, tuple(f"{name} {new[name]:.4f}, was {old[name]:.4f}" for name in old))


def _worse(name: str, new: float | None, old: float, tolerance: float, lower: bool) -> str | None:
    if new is None:
        return f"expected the figure {name}, given none"
    if lower:
        limit = old + tolerance * abs(old)
        return f"expected {name} at most {limit:.4f}, given {new:.4f}" if new > limit else None
    limit = old - tolerance * abs(old)
    return f"expected {name} at least {limit:.4f}, given {new:.4f}" if new < limit else None
