"""Wire types of the plan: what a query was understood as, in answers and in place of a query in requests."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.api.schemas.scalars import (
    ID_LENGTH,
    STRICT,
    Finite,
    HeadName,
    Id,
    Label,
    Strength,
    Weight,
    check_weights,
)
from models.language.plan import Comparison
from models.language.plan_limits import (
    MOST_AVOIDED,
    MOST_AVOIDED_CHARACTERS,
    MOST_CHARACTERS,
    MOST_CONDITIONS,
    MOST_ITEMS,
    MOST_LABELS,
    MOST_VALUES,
)

PlanText = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
AvoidedText = Annotated[str, Field(min_length=1, max_length=MOST_AVOIDED_CHARACTERS)]


class PlanLabel(BaseModel):
    """A label of one field of the items, or a list of labels of which one is enough."""

    model_config = STRICT

    field: Label
    value: (
        Label
        | Annotated[
            list[Annotated[str, Field(min_length=1, max_length=ID_LENGTH)]],
            Field(min_length=1, max_length=MOST_VALUES),
        ]
    )


class PlanNumber(BaseModel):
    """A condition on a numeric field of the items."""

    model_config = STRICT

    field: Label
    op: Annotated[Comparison, Field(strict=False)]
    value: Finite


class PlanDiversity(BaseModel):
    """The diversity that the words ask for; the method is the request's or the bundle's."""

    model_config = STRICT

    strength: Strength


PLAN_EXAMPLE: dict[str, Any] = {
    "direction": "light-hearted",
    "wanted": [{"field": "genres", "value": "Sci-Fi"}],
    "unwanted": [{"field": "genres", "value": "Horror"}],
    "conditions": [{"field": "year", "op": "gte", "value": 1990}],
}


class PlanWire(BaseModel):
    """The meaning of a request's words. Every part has an effect; what is left out has none."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": PLAN_EXAMPLE})

    direction: PlanText | None = None
    avoid: Annotated[list[AvoidedText], Field(max_length=MOST_AVOIDED)] = []
    wanted: Annotated[list[PlanLabel], Field(max_length=MOST_LABELS)] = []
    unwanted: Annotated[list[PlanLabel], Field(max_length=MOST_LABELS)] = []
    conditions: Annotated[list[PlanNumber], Field(max_length=MOST_CONDITIONS)] = []
    like: Annotated[list[Id], Field(max_length=MOST_ITEMS)] = []
    unlike: Annotated[list[Id], Field(max_length=MOST_ITEMS)] = []
    limit: Annotated[int, Field(ge=1, le=100)] | None = None
    weights: (
        Annotated[dict[HeadName, Weight], Field(max_length=100), AfterValidator(check_weights)] | None
    ) = None
    diversity: PlanDiversity | None = None
