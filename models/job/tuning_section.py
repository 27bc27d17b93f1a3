"""A range of the job's `tune`: what a search may set one key to."""

import math
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from models.job.errors import format_value
from models.job.table_section import STRICT

Value = int | float | str
"""What a key may be set to."""
LISTED = 100
"""The most values of a range that are listed: of more, evenly spaced ones."""


def _check_number(value: object) -> object:
    """The same value; raises ValueError for anything but a number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a number, given {format_value(value)}")
    return value


def _check_value(value: object) -> object:
    """The same value; raises ValueError for anything but a number or a text."""
    return value if isinstance(value, str) else _check_number(value)


Number = Annotated[int | float, BeforeValidator(_check_number)]
Choice = Annotated[Value, BeforeValidator(_check_value)]


class SearchRange(BaseModel):
    """Choices, which the job writes as a list, or the numbers from `low` to `high`.

    `log`: the numbers are drawn evenly on a logarithmic scale. `step`: the distance between two of them.
    """

    model_config = STRICT

    choices: tuple[Choice, ...] = ()
    low: Number | None = None
    high: Number | None = None
    log: bool = False
    step: Annotated[Number, Field(gt=0)] | None = None

    @model_validator(mode="before")
    @classmethod
    def read_list(cls, value: object) -> object:
        """A list is the list of choices; raises ValueError for what is neither a list nor a mapping."""
        if isinstance(value, list | tuple):
            return {"choices": tuple(value)}
        if not isinstance(value, dict):
            raise ValueError(f"expected a list of values, or low and high, given {format_value(value)}")
        choices = value.get("choices")
        return value | {"choices": tuple(choices)} if isinstance(choices, list) else value

    @model_validator(mode="after")
    def check_form(self) -> Self:
        """Two choices or more, or a range of numbers that has at least two and ends with `high`."""
        if self.choices:
            if self.model_fields_set != {"choices"} or len(set(self.choices)) != len(self.choices):
                raise ValueError(f"expected a list of values, each once, given {list(self.choices)}")
            if len(self.choices) < 2:
                raise ValueError(f"expected at least two values, given {list(self.choices)}")
            return self
        low, high = self.bounds
        if not low < high:
            raise ValueError(f"expected low below high, given {low} and {high}")
        if self.log and (low <= 0 or self.step is not None):
            raise ValueError(f"expected low above 0 and no step with log, given {low} and {self.step}")
        if self.step is not None and not math.isclose((high - low) / self.step, self._count_steps()):
            raise ValueError(
                f"expected high at low plus a multiple of step, given {low}, {high}, {self.step}"
            )
        return self

    @property
    def bounds(self) -> tuple[int | float, int | float]:
        """The least and the greatest number; raises ValueError where one is not stated."""
        if self.low is None or self.high is None:
            raise ValueError("expected a list of at least two values, or low and high, given neither")
        return self.low, self.high

    def list_values(self, *, whole: bool) -> tuple[Value, ...]:
        """The values, at most LISTED of them with both ends. `whole`: numbers without a step are 1 apart."""
        if self.choices:
            return self.choices
        low, high = self.bounds
        step = self.step or (1 if whole else (high - low) / (LISTED - 1))
        count = round((high - low) / step)
        steps = np.unique(np.linspace(0, count, min(count + 1, LISTED)).round().astype(int)).tolist()
        return tuple(high if number == count else low + number * step for number in steps)

    def contains(self, value: object) -> bool:
        """True if a search may choose the value."""
        if self.choices or not isinstance(value, int | float):
            return value in self.choices
        low, high = self.bounds
        if not low <= value <= high:
            return False
        steps = 0.0 if self.step is None else (value - low) / self.step
        return math.isclose(steps, round(steps), abs_tol=1e-9)

    def _count_steps(self) -> int:
        low, high = self.bounds
        return round((high - low) / (self.step or 1))
