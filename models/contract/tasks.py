"""The heads of a bundle: a job's tasks, plus `next`, which every bundle has.

What a task's kind means stands in models.heads, which validates the name; here it is a word on the wire.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NEXT = "next"
"""The retrieval objective: is this the user's next item? A softmax over the catalogue."""


class Task(BaseModel):
    """One head: its name, the kind of prediction, the label expression it learns from, its weight in the loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    kind: str = Field(min_length=1, max_length=40)
    label: str = Field(min_length=1, max_length=200)
    loss_weight: float = Field(default=1.0, gt=0, le=100)
    range: tuple[float, float] | None = None
    positive_weight: float = Field(default=1.0, gt=0, le=1000)

    @model_validator(mode="after")
    def check_fields(self) -> Self:
        """The name is free, and a range has low < high."""
        if self.name == NEXT:
            raise ValueError(
                f"expected a task name other than '{NEXT}', which every bundle has, given '{NEXT}'"
            )
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"expected range: [low, high] with low < high, given {list(self.range)}")
        return self


class Head(BaseModel):
    """A task as the network has it: with the classes fitted on the training split.

    `classes` is empty for a head of one number, whose output has width 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    classes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of logits for one (user, item) pair."""
        return len(self.classes) or 1
