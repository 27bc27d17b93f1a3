"""The bundle's report.json: everything that was measured when it was made."""

import math
from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

from models.evaluation.full_ranking import RankingFigures
from models.evaluation.metrics.calibration import ReliabilityBin
from models.evaluation.metrics.registry import PREDICTION_METRICS
from models.heads.registry import find_kind

MODEL = "chorus"
"""The name of the network's own row, as the service ranks, among the baselines'."""


def _number(value: Any) -> Any:
    return math.nan if value is None else value


Figure = Annotated[float, BeforeValidator(_number)]
"""nan where undefined, which JSON writes as null."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DataCounts(_Part):
    """How much there was, and where it was cut: Unix seconds, or the order where there are no times."""

    users: int
    items: int
    interactions: int
    train: int
    valid: int
    test: int
    valid_from: float
    test_from: float


class RankingRow(_Part):
    """One method's figures at k."""

    name: str
    settings: str = ""
    hit_rate: Figure
    recall: Figure
    ndcg: Figure
    coverage: Figure
    novelty: Figure
    ild_cosine: Figure
    ild_jaccard: Figure

    @classmethod
    def of(cls, name: str, settings: str, figures: RankingFigures) -> Self:
        """The row of one method."""
        return cls(name=name, settings=settings, **asdict(figures))


class RankingTable(_Part):
    """All methods over the same lists."""

    lists: int
    rows: tuple[RankingRow, ...] = ()


class ReliabilityRow(_Part):
    """One bin of a reliability diagram; see ReliabilityBin."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float

    @classmethod
    def of(cls, found: ReliabilityBin) -> Self:
        """The row of one bin."""
        return cls(**asdict(found))


class HeadReport(_Part):
    """One head's figures over `count` test rows, before and after calibration; reliability is after."""

    name: str
    kind: str
    count: int
    before: dict[str, Figure]
    after: dict[str, Figure]
    reliability: tuple[ReliabilityRow, ...] = ()

    @property
    def headline_name(self) -> str:
        """The name of the head's main figure in the headline."""
        return f"{self.name}.{find_kind(self.kind).main_metric}"

    @property
    def headline_figure(self) -> float:
        """The head's main figure; nan where it is undefined."""
        return self.after.get(find_kind(self.kind).main_metric, math.nan)

    @property
    def lower_is_better(self) -> bool:
        """True if a lower main figure is the better one."""
        kind = find_kind(self.kind)
        return PREDICTION_METRICS[kind.metrics[kind.main_metric]].lower_is_better


class Epoch(_Part):
    """One pass over the training split: mean losses by task, the validation loss, and how long it took."""

    epoch: int
    train_loss: dict[str, Figure]
    valid_loss: Figure
    seconds: float


class Report(_Part):
    """All that `chorus evaluate` prints."""

    job: str
    model_version: str
    created_at: str
    k: int = 10
    data: DataCounts
    cleaning: dict[str, int] = {}
    at_cutoff: RankingTable
    """One list a test user, ranked at the test moment; relevant are all test items new to the user."""
    next_event: RankingTable
    """One list a test event, ranked given all that came before it."""
    refused: dict[str, str] = {}
    """Baselines that this data is too large for, and why."""
    heads: tuple[HeadReport, ...] = ()
    training: tuple[Epoch, ...] = ()
    fusion_weights: dict[str, float] = {}
    timings: dict[str, float] = {}
    """Seconds by step."""

    def headline(self) -> dict[str, float]:
        """The network's main figures by name, for the manifest and the gate, without undefined ones."""
        found = _ranking_headline(self.at_cutoff, self.k, "")
        found |= _ranking_headline(self.next_event, self.k, "next_event_")
        found |= {head.headline_name: head.headline_figure for head in self.heads}
        return {name: value for name, value in found.items() if math.isfinite(value)}

    def lower_is_better(self) -> frozenset[str]:
        """The names of the headline's figures of which the lower is the better one."""
        return frozenset(head.headline_name for head in self.heads if head.lower_is_better)


def _ranking_headline(table: RankingTable, k: int, prefix: str) -> dict[str, float]:
    return {
        f"{prefix}{figure}@{k}": float(getattr(row, figure))
        for row in table.rows
        if row.name == MODEL
        for figure in ("ndcg", "hit_rate", "recall")
    }
