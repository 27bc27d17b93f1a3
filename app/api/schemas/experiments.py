"""Wire types of experiments: their definition, and what their variants brought."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.api.schemas.exploration import ExplorationRequest
from app.api.schemas.model import BUNDLE_NAME
from app.api.schemas.popularity import PopularityRequest
from app.api.schemas.recommendation import DiversityRequest
from app.api.schemas.scalars import (
    STRICT,
    Finite,
    HeadName,
    Label,
    Moment,
    Weight,
    check_weights,
    field_error,
)
from app.experiments.assignment import ROUNDING
from models.ranking.exploration import Policy

NAME_PATTERN = "^[a-z0-9][a-z0-9._-]{0,63}$"
MOST_VARIANTS = 10
SMALLEST_SHARE = 1e-6
"""A smaller one would get no user."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
EXAMPLE: dict[str, Any] = {
    "variants": [
        {"name": "control", "share": 0.5},
        {"name": "likes", "share": 0.5, "weights": {"next": 0.5, "like": 1.0}},
    ]
}


class VariantWire(BaseModel):
    """A share of the users, and what their requests have that do not state it."""

    model_config = STRICT

    name: Name
    share: Annotated[Finite, Field(ge=SMALLEST_SHARE, le=1)]
    scene: Annotated[Label, Field(description="answer with the weights of this scene")] | None = None
    weights: (
        Annotated[dict[HeadName, Weight], Field(max_length=100), AfterValidator(check_weights)] | None
    ) = None
    diversity: DiversityRequest | None = None
    exploration: ExplorationRequest | None = None
    popularity: PopularityRequest | None = None
    bundle: (
        Annotated[str, Field(pattern=BUNDLE_NAME, description="a bundle of the folder, which answers")] | None
    ) = None
    model_version: Annotated[Label, Field(description="the version of the bundle")] | None = None

    @model_validator(mode="after")
    def check_overrides(self) -> Self:
        if self.scene is not None and self.weights is not None:
            raise field_error("scene", "expected a scene or weights, given both")
        if self.exploration is not None and self.exploration.seed is not None:
            raise field_error("exploration.seed", "expected no seed, which would draw alike for all requests")
        if (
            self.exploration is not None
            and self.exploration.policy == Policy.NONE
            and self.exploration.strength
            and "strength" in self.exploration.model_fields_set
        ):
            raise field_error("exploration.strength", "expected no strength with the policy none, given one")
        if self.model_version is not None and self.bundle is None:
            raise field_error("model_version", "expected a bundle beside it, given none")
        if self.diversity is not None and not self.diversity.model_dump(exclude_none=True):
            raise field_error("diversity", "expected one or more of its fields, given none")
        return self


class ExperimentRequest(BaseModel):
    """PUT /v1/experiments/{name}. The first variant is what the others are compared with."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": EXAMPLE})

    variants: Annotated[list[VariantWire], Field(min_length=2, max_length=MOST_VARIANTS)]
    salt: Annotated[
        Label, Field(description="the key of the split; by default the one before, or a new one")
    ] | (None) = None
    scene: Annotated[Label, Field(description="requests of this scene alone; by default all")] | None = None
    start: Moment | None = None
    stop: Moment | None = None
    mode: Annotated[
        Literal["split", "shadow"], Field(description="shadow: others than the first variant answer unseen")
    ] = "split"

    @model_validator(mode="after")
    def check_variants(self) -> Self:
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise field_error("variants", "expected distinct names, given one twice")
        first = self.variants[0].model_dump(exclude={"name", "share"}, exclude_none=True)
        if self.mode == "shadow" and first:
            raise field_error("variants.0", "expected a name and a share alone, as it is what is sent")
        total = sum(variant.share for variant in self.variants)
        if total > 1 + ROUNDING:
            raise field_error("variants", f"expected shares that add up to 1 at most, given {total:g}")
        if self.start is not None and self.stop is not None and self.stop <= self.start:
            raise field_error("stop", "expected a time after the start, given an earlier one")
        return self


class ExperimentAnswer(BaseModel):
    """An experiment. `problem` says why a running one has no effect on answers."""

    model_config = STRICT

    name: str
    status: Literal["scheduled", "running", "stopped"]
    problem: str | None
    variants: list[VariantWire]
    salt: str
    scene: str | None
    start: float | None
    stop: float | None
    mode: Literal["split", "shadow"]
    changed_at: Annotated[float, Field(description="since when salt, variants and scene are these")]


class IntervalAnswer(BaseModel):
    """The bounds of an interval that stays valid while one looks."""

    model_config = STRICT

    low: float
    high: float


class FigureAnswer(BaseModel):
    """A number an answer, with its interval."""

    model_config = STRICT

    value: float | None
    interval: IntervalAnswer | None


class DifferenceAnswer(BaseModel):
    """How much a number is above that of the first variant."""

    model_config = STRICT

    value: float | None
    interval: IntervalAnswer | None
    p_value: float | None
    is_different: bool


class ArmAnswer(BaseModel):
    """The results of a variant. Users are counted once."""

    model_config = STRICT

    variant: str
    users: int
    impressions: int
    takes: int
    rate: FigureAnswer
    value: FigureAnswer
    rate_difference: DifferenceAnswer | None
    value_difference: DifferenceAnswer | None
    left_out: Annotated[int, Field(description="answers to users above the cap, which count nowhere")]


class SplitAnswer(BaseModel):
    """The check of the split: the p-value of the users' numbers for the shares."""

    model_config = STRICT

    p_value: float | None
    is_broken: bool


class ShadowAnswer(BaseModel):
    """How the unseen lists of a variant differ from those that were sent: means over answers."""

    model_config = STRICT

    variant: str
    answers: int
    overlap: Annotated[float | None, Field(description="share of the first 10 places that both have")]
    rank_correlation: Annotated[float | None, Field(description="Kendall's tau")]
    score_drift: Annotated[float | None, Field(description="unseen score less that sent, of the same items")]
    sent_ms: float | None
    unseen_ms: float | None


class ExperimentResults(ExperimentAnswer):
    """An experiment with what its variants brought since `changed_at`."""

    arms: list[ArmAnswer]
    split: SplitAnswer
    shadow: Annotated[list[ShadowAnswer] | None, Field(description="null but for the mode shadow")]


class ExperimentListAnswer(BaseModel):
    """All experiments by name."""

    model_config = STRICT

    experiments: list[ExperimentAnswer]


class ExperimentDeletion(BaseModel):
    """An experiment that was deleted, with its numbers."""

    model_config = STRICT

    name: str
    deleted: Literal[True]
