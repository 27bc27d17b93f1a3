"""Wire types of the notes on a filter in an answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.api.schemas.scalars import STRICT


class NoItemHasValueNote(BaseModel):
    """A value of the filter that no item has, and the nearest values that items have."""

    model_config = STRICT

    code: Literal["no_item_has_value"]
    field: str
    message: str
    value: str | float
    did_you_mean: list[str | float]


class OutOfRangeNote(BaseModel):
    """A bound of the filter that no item's number meets, and the range of the items' numbers."""

    model_config = STRICT

    code: Literal["out_of_range"]
    field: str
    message: str
    value: float
    lowest: float
    highest: float


class NoItemHasFieldNote(BaseModel):
    """A field of the filter that every item lacks."""

    model_config = STRICT

    code: Literal["no_item_has_field"]
    field: str
    message: str


class FewItemsPassNote(BaseModel):
    """Fewer items pass the filter than the list may have; seen and excluded ones count."""

    model_config = STRICT

    code: Literal["few_items_pass"]
    field: str
    message: str
    items: int


class ConditionRelaxedNote(BaseModel):
    """A condition of the plan that gave way, since fewer items than the list has meet the whole plan."""

    model_config = STRICT

    code: Literal["condition_relaxed"]
    field: str
    message: str
    items: int


class MoreNotesNote(BaseModel):
    """The number of further notes that are left out."""

    model_config = STRICT

    code: Literal["more_notes"]
    field: str
    message: str
    notes: int


NoteAnswer = Annotated[
    NoItemHasValueNote
    | OutOfRangeNote
    | NoItemHasFieldNote
    | FewItemsPassNote
    | ConditionRelaxedNote
    | MoreNotesNote,
    Field(discriminator="code"),
]
