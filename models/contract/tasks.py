"""Tasks and heads: the predictions that a bundle makes beside `next`.

models.heads defines the kinds of task and validates their names.
"""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NEXT = "next"
"""The head of the retrieval objective, in every bundle: a softmax over the catalogue for the user's next item."""


class Per(StrEnum):
    """The subject of a task's label at a moment: an event, so that each item has its own prediction, or a user."""

    EVENT = "event"
    USER = "user"


class Task(BaseModel):
    """A prediction task: name, kind, label expression to learn from, and weight in the loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    kind: str = Field(min_length=1, max_length=40)
    per: Per = Per.EVENT
    label: str = Field(min_length=1, max_length=200)
    loss_weight: float = Field(default=1.0, gt=0, le=100)
    range: tuple[float, float] | None = None
    positive_weight: float = Field(default=1.0, gt=0, le=1000)

    @model_validator(mode="after")
    def check_fields(self) -> Self:
        """Check that the name is not `next`, and that a range has low < high."""
        if self.name == NEXT:
            raise ValueError(
                f"expected a task name other than '{NEXT}', which every bundle has, given '{NEXT}'"
            )
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"expected range: [low, high] with low < high, given {list(self.range)}")
        return self


class Head(BaseModel):
    """A task with the classes fitted on the training split.

    `classes` is empty for a head with one output.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    classes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of logits for one (user, item) pair."""
        return len(self.classes) or 1
