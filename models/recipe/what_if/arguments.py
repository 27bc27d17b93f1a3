"""The arguments of `chorus what-if`, as they were given."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A log, and the target policy in texts."""

    log: Path
    weights: str  # next=1,like=.5
    diversity: str = "none"  # or mmr:.2
    strength: float = 0.1
    reward: str = "taken"
    places: int | None = None
    scene: str | None = None
    bundle: Path | None = None
