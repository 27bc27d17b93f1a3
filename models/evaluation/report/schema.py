"""The schema of report.json: all figures of a bundle's evaluation."""

import math
from dataclasses import asdict
from typing import Any, Self

from pydantic import BaseModel, model_serializer, model_validator

from models.evaluation.full_ranking import K
from models.evaluation.metrics.calibration import ReliabilityBin
from models.evaluation.metrics.prediction_registry import PREDICTION_METRICS
from models.evaluation.metrics.registry import LIST_METRICS
from models.evaluation.report.fairness import PopularityBand, UserGrouping
from models.evaluation.report.figure import PART, Comparison, Figure
from models.heads.registry import find_kind

MODEL = "chorus"
SERVED = "chorus, as served"
"""Names of the rows of the network: by score alone, and as the service answers by default."""
RAW = "raw"
CALIBRATED = "calibrated"
"""Names of a head's predictions before and after calibration, in comparisons."""


class _Part(BaseModel):
    model_config = PART


class DataCounts(_Part):
    """The size of the data and of its parts; the cuts in Unix seconds, or in the job's order without times."""

    users: int
    items: int
    interactions: int
    train: int
    valid: int
    test: int
    valid_from: float
    test_from: float
    earlier: int = 0
    """Earlier events without times, which are among the interactions and in the training part."""


class RankingRow(_Part):
    """One method's figures at k, by the names of LIST_METRICS; in JSON they are keys beside `name`."""

    name: str
    settings: str = ""
    figures: dict[str, Figure] = {}

    @model_validator(mode="before")
    @classmethod
    def gather_figures(cls, row: Any) -> Any:
        """Read the flat form of report.json."""
        if not isinstance(row, dict) or "figures" in row:
            return row
        texts = {"name", "settings"} & row.keys()
        figures = {name: value for name, value in row.items() if name not in texts}
        return {name: row[name] for name in texts} | {"figures": figures}

    @model_serializer
    def flatten_figures(self) -> dict[str, str | float | None]:
        """Write the flat form of report.json."""
        figures = {name: value if math.isfinite(value) else None for name, value in self.figures.items()}
        return {"name": self.name, "settings": self.settings, **figures}


class Slice(_Part):
    """All methods over some of a table's lists, by the metrics that follow from hits alone."""

    name: str
    lists: int
    rows: tuple[RankingRow, ...]


class RankingTable(_Part):
    """All methods over the same lists, at `Report.k`."""

    lists: int
    rows: tuple[RankingRow, ...] = ()
    all_lists: int | None = None
    """The number of lists that `lists` were sampled from; None in reports of earlier versions."""
    at_k: dict[int, tuple[RankingRow, ...]] = {}
    """k -> the rows by the metrics that follow from hits alone."""
    slices: tuple[Slice, ...] = ()
    """New users, users by the length of their history, new items."""
    comparisons: tuple[Comparison, ...] = ()
    """The network's rows next to each baseline in NDCG at `Report.k`."""
    groups: tuple[UserGrouping, ...] = ()
    """The lists as served by each attribute of their users, and by their activity."""
    exposure: tuple[PopularityBand, ...] = ()
    """What items of each popularity are given of the lists' places."""

    @property
    def labels(self) -> dict[str, str]:
        """Figure -> heading, in the registry's order; figures that are no longer registered come last."""
        names = dict.fromkeys(name for row in self.rows for name in row.figures)
        registered = {name: metric.label for name, metric in LIST_METRICS.items() if name in names}
        return registered | {name: name for name in names if name not in registered}


class ObjectiveRow(_Part):
    """One order of the candidates: the objective, the outcomes of what it shows, and the lead of the fitted one."""

    name: str
    objective: Figure
    """Graded NDCG at `Report.k` by the job's objective."""
    outcomes: dict[str, Figure] = {}
    """Head of the objective -> the mean outcome of a shown item; for `next` the share that was taken."""
    difference: tuple[float, float, float] | None = None
    """The objective of the fitted weights less this one: mean, and the ends of its 95 % paired bootstrap interval."""


class ReliabilityRow(_Part):
    """One bin of a reliability diagram; see ReliabilityBin."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float

    @classmethod
    def of(cls, reliability_bin: ReliabilityBin) -> Self:
        """The row of one bin."""
        return cls(**asdict(reliability_bin))


class HeadReport(_Part):
    """One head's figures over `count` test rows, before and after calibration; reliability is after."""

    name: str
    kind: str
    count: int
    before: dict[str, Figure]
    after: dict[str, Figure]
    reliability: tuple[ReliabilityRow, ...] = ()
    all_count: int | None = None
    """The number of rows that `count` were sampled from; None in reports of earlier versions."""
    trivial: dict[str, dict[str, Figure]] = {}
    """Trivial predictor -> its figures on the same rows."""
    comparisons: tuple[Comparison, ...] = ()
    """The calibrated head next to its trivial predictors and to itself before calibration."""

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
    """One pass over the training split: mean losses by task, the validation of `next`, and how long it took."""

    epoch: int
    train_loss: dict[str, Figure]
    valid_loss: Figure
    valid_ndcg: Figure = math.nan
    """NDCG@10 before the validation events by the network alone, among the items of its softmax."""
    seconds: float


class PrivacyReport(_Part):
    """The privacy loss of the network's weights towards each user; see models.training.privacy_account."""

    unit: str = "user"
    """All events of a user: neighbouring logs differ by one user."""
    epsilon: float
    """The loss of all steps; the promise holds for the weights that were published."""
    epsilon_budget: float
    delta: float
    noise_multiplier: float
    max_grad_norm: float
    sample_rate: float
    """The probability with which a step learns from a user."""
    steps: int
    accountant: str = "RDP"


class ReportWarning(_Part):
    """A finding that the reader should know first: the rule that found it, and one sentence."""

    rule: str
    message: str


class Report(_Part):
    """The whole evaluation, as `chorus evaluate` prints it."""

    job: str
    model_version: str
    created_at: str
    k: int = K
    warnings: tuple[ReportWarning, ...] = ()
    data: DataCounts
    cleaning: dict[str, int] = {}
    losses: dict[str, str] = {}
    """Table (log, items or users) -> why much of it could not be used, with counts and examples."""
    at_cutoff: RankingTable
    """A list for each test user, ranked at the test moment; relevant are all test items new to the user."""
    next_event: RankingTable
    """A list for each test event, ranked just before it; relevant is the event's item."""
    objective: dict[str, float] = {}
    """Head -> what its outcome is worth; see the job's key of this name."""
    objective_at_cutoff: tuple[ObjectiveRow, ...] = ()
    objective_next_event: tuple[ObjectiveRow, ...] = ()
    """With and without each head, over the lists of both protocols."""
    refused: dict[str, str] = {}
    """Baseline -> the reason why it could not be fitted."""
    heads: tuple[HeadReport, ...] = ()
    training: tuple[Epoch, ...] = ()
    training_cuts: tuple[str, ...] = ()
    """A sentence for each step of training that its time limit cut short."""
    privacy: PrivacyReport | None = None
    """The privacy loss of training; None without training.privacy."""
    relevant_actions: dict[str, int] = {}
    """Action -> test events that count as right: those that took an item new to the user, whatever the value."""
    valid_figures: dict[str, dict[str, Figure]] = {}
    """Head -> its figures on the validation part, before the network has seen that part."""
    settings: dict[str, Any] = {}
    """Every key of the job in dotted form, as in docs/job.md; of a file the name alone."""
    fusion_weights: dict[str, float] = {}
    link_settings: dict[str, float] = {}
    """The fitted settings of the regression of the item links; empty without links."""
    lower_is_better: tuple[str, ...] = ()
    """Names of the headline figures where lower is better; the promotion gate reads them."""
    timings: dict[str, float] = {}
    """Seconds by step."""

    def headline(self) -> dict[str, float]:
        """The network's main figures by name, for the manifest and the promotion gate, without undefined ones."""
        figures = _ranking_headline(self.at_cutoff, self.k, "")
        figures |= _ranking_headline(self.next_event, self.k, "next_event_")
        figures |= {head.headline_name: head.headline_figure for head in self.heads}
        return {name: value for name, value in figures.items() if math.isfinite(value)}


def _ranking_headline(table: RankingTable, k: int, prefix: str) -> dict[str, float]:
    return {
        f"{prefix}{name}@{k}": row.figures.get(name, math.nan)
        for row in table.rows
        if row.name == MODEL
        for name, metric in LIST_METRICS.items()
        if metric.headline
    }
