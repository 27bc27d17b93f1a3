"""The result of `chorus diversity`: the frontier of each protocol, and greedy lists beside those of the searches."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from models.contract.replaced_file import replace_file
from models.evaluation.debias_frontier import DebiasPoint
from models.evaluation.frontier import FrontierPoint
from models.evaluation.full_ranking import K
from models.evaluation.list_search.comparison import SearchComparison
from models.evaluation.paired_bootstrap import LEVEL, RESAMPLES


@dataclass(frozen=True, slots=True)
class Frontier:
    """The points of one protocol, all over the same lists; the first is the order without diversity."""

    protocol: str
    lists: int
    all_lists: int  # of which the lists are an even sample
    points: Sequence[FrontierPoint]
    debias: Sequence[DebiasPoint]  # of the default at each strength of popularity debiasing, from 0 on

    @property
    def default(self) -> FrontierPoint:
        """The point of the fitted default."""
        return next(point for point in self.points if point.is_default)


@dataclass(frozen=True, slots=True)
class DiversityResult:
    """All that frontier.json has."""

    job: str
    model_version: str | None
    objective: dict[str, float]
    space: str  # in which intra-list diversity is measured: labels or vectors
    frontiers: Sequence[Frontier]
    searches: Sequence[SearchComparison]
    part: str = "test"
    k: int = K
    bootstrap_resamples: int = RESAMPLES
    bootstrap_level: float = LEVEL


def write_result(result: DiversityResult, path: Path) -> None:
    """Write the result as JSON; undefined figures are null."""
    replace_file(path, json.dumps(asdict(result), indent=1, allow_nan=False).encode() + b"\n")
