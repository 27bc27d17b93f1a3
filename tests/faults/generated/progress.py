"""The portions that are done, in a file, so that a run can be ended and taken up again."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.generated.liveness import ALLOWED_MS, Waits
from tests.faults.generated.portion import Counts


@dataclass(slots=True)
class Progress:
    """The counts of each portion that is done, by its number. Raises ValueError for the file of another run."""

    path: Path
    seed: int
    portion: int
    done: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.path.exists():
            kept = json.loads(self.path.read_bytes())
            given = kept["seed"], kept["portion"]
            if given != (self.seed, self.portion):
                raise ValueError(
                    f"expected seed and portion {given} in {self.path}, given {self.seed, self.portion}"
                )
            self.done = kept["done"]

    def open_portions(self, total: int) -> list[int]:
        """The portions of `total` requests that are still to be sent."""
        return [number for number in range(-(-total // self.portion)) if str(number) not in self.done]

    def add(self, number: int, counts: Counts, calm: Waits, loaded: Waits) -> None:
        """Note a portion that is done, and write the file anew."""
        self.done[str(number)] = asdict(counts) | {"calm_ms": asdict(calm), "livez_ms": asdict(loaded)}
        kept = {"seed": self.seed, "portion": self.portion, "total": self.total(), "done": self.done}
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(kept, indent=1))
        new.replace(self.path)

    def total(self) -> dict[str, Any]:
        """The sums of all portions that are done."""
        portions = list(self.done.values())
        sums = {name: _add(portions, name) for name in ("kinds", "statuses", "codes")}
        waits = [(one["livez_ms"]["worst"], one["calm_ms"]["worst"]) for one in portions]
        return {
            "requests": sum(one["requests"] for one in portions),
            "seconds": round(sum(one["seconds"] for one in portions), 1),
            "faults": sum(len(one["faults"]) for one in portions),
            "pressure": sum(one["pressure"] for one in portions),
            "livez_probes": sum(one["livez_ms"]["count"] for one in portions),
            "livez_worst_ms": max((worst for worst, _calm in waits), default=0.0),
            "livez_worst_over_calm_ms": round(max((worst - calm for worst, calm in waits), default=0.0), 1),
            "portions_with_slow_livez": sum(worst > calm + ALLOWED_MS for worst, calm in waits),
            **sums,
        }


def _add(portions: list[dict[str, Any]], name: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in portions:
        found.update(one[name])
    return dict(found.most_common())
