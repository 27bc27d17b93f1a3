"""The task benchmark's days: what is fitted, validated and tested, the heads, and the shares that part the log so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.contract.arrays import Doubles
from models.heads.binary import BINARY


@dataclass(frozen=True, slots=True)
class TaskDays:
    """Heads on exposures. Moments are ISO 8601 with their time zone; the test part goes to the end of the log."""

    heads: Mapping[str, str]  # head -> column of 0 and 1
    surface: str  # column of the place where the item was shown, a context of the job
    valid_from: str
    test_from: str

    def moments(self) -> tuple[float, float]:
        """Unix seconds at which validation and test begin."""
        valid, test = (datetime.fromisoformat(moment) for moment in (self.valid_from, self.test_from))
        return valid.timestamp(), test.timestamp()

    def shares(self, times: Doubles) -> dict[str, float]:
        """The job's section `split` that parts a log with times [n] at the moments; ValueError if a part is empty."""
        valid, test = self.moments()
        counts = {
            "valid": int(((times >= valid) & (times < test)).sum()),
            "test": int((times >= test).sum()),
        }
        if not all(counts.values()) or sum(counts.values()) == len(times):
            raise ValueError(
                f"expected events before {self.valid_from}, before {self.test_from} and after it, given "
                f"{len(times) - sum(counts.values())}, {counts['valid']} and {counts['test']}"
            )
        return {part: count / len(times) for part, count in counts.items()}

    def tasks(self) -> list[dict[str, Any]]:
        """The job's section `tasks`."""
        return [
            {"name": head, "kind": BINARY.name, "label": f"label.{column} == 1"}
            for head, column in self.heads.items()
        ]
