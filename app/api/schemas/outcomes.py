"""Wire types of outcomes: the question, and how often what was shown was taken."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.schemas.scalars import STRICT
from app.state.limits import DAY_S

LONGEST_S = 7 * DAY_S
"""How long counts are kept."""

Bounds = Annotated[tuple[float, float], Field(description="95 % confidence interval")]


class OutcomesQuery(BaseModel):
    """The query string of GET /v1/outcomes."""

    model_config = ConfigDict(extra="forbid")

    by: Annotated[
        str,
        StringConstraints(max_length=200),
        Field(description="scene, variant, model_version, source, rank, item_age, separated by commas"),
    ] = ""
    since: Annotated[
        int, Field(ge=1, le=LONGEST_S, description="seconds; the whole hours that they reach into count")
    ] = 3600


class Figures(BaseModel):
    """Items shown and taken. A figure is null where there is nothing to compute it from."""

    model_config = STRICT

    impressions: int
    takes: int
    take_rate: float | None
    take_rate_interval: Bounds | None
    value_per_take: float | None
    value_per_take_interval: Bounds | None
    value_per_impression: float | None
    value_per_impression_interval: Bounds | None


class OutcomeGroup(Figures):
    """The figures of what was shown so. Only the parts that were asked for are there; null stands for none."""

    scene: str | None = None
    variant: str | None = None
    model_version: str | None = None
    source: str | None = None
    rank: str | None = None
    item_age: str | None = None


class LabelFigures(BaseModel):
    """Predictions of a head for items whose label an event told, and the share of true labels."""

    model_config = STRICT

    labels: int
    predicted: float
    observed: float
    observed_interval: Bounds


class LabelBin(LabelFigures):
    """The labels whose predictions were from `low` on and below `high`."""

    low: float
    high: float


class CalibrationAnswer(LabelFigures):
    """The calibration of a head of one model version; `error` is the expected calibration error over the bins."""

    head: str
    model_version: str
    error: float
    bins: list[LabelBin]


Dimension = Literal["scene", "variant", "model_version", "source", "rank", "item_age"]


class OutcomesAnswer(BaseModel):
    """Outcomes of the answers of some hours. `left_out` groups, the least shown, are not in `groups`."""

    model_config = STRICT

    since: Annotated[float, Field(description="Unix seconds: the beginning of the first hour")]
    until: Annotated[float, Field(description="Unix seconds: now")]
    by: list[Dimension]
    total: Figures
    groups: list[OutcomeGroup]
    left_out: int
    calibration: list[CalibrationAnswer]
