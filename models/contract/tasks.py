"""The only list of heads there is: a job's tasks, plus `next`, which every bundle has."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NEXT = "next"
"""The retrieval objective: is this the user's next item? A softmax over the catalogue."""


class TaskKind(StrEnum):
    """What a head predicts, and so which loss, calibration and value it has."""

    BINARY = "binary"  # a probability
    REGRESSION = "regression"  # a number within `range`
    MULTILABEL = "multilabel"  # which labels the user's next item carries: content representation
    CONTEXT = "context"  # in which context the interaction happens: context awareness


class Task(BaseModel):
    """One head: its name, what it predicts, from which label expression, and its weight in the loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    kind: TaskKind
    label: str = Field(min_length=1, max_length=200)
    loss_weight: float = Field(default=1.0, gt=0, le=100)
    range: tuple[float, float] | None = None
    positive_weight: float = Field(default=1.0, gt=0, le=1000)

    @model_validator(mode="after")
    def check_range(self) -> Self:
        if self.name == NEXT:
            raise ValueError(
                f"expected a task name other than '{NEXT}', which every bundle has, given '{NEXT}'"
            )
        if self.kind is TaskKind.REGRESSION and self.range is None:
            raise ValueError("expected a range: [low, high] for a regression task, given none")
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError(f"expected range: [low, high] with low < high, given {list(self.range)}")
        return self


class Head(BaseModel):
    """A task as the network has it: the task and the classes (labels) fitted on the training split.

    `classes` is empty for binary and regression heads, whose output has width 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Task
    classes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many logits the head gives for one (user, item) pair."""
        return len(self.classes) or 1
