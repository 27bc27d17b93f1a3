"""Figures in report.json: numbers that may be undefined, and comparisons of two methods in one figure."""

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

NOISE = 2.0
"""A difference of more than NOISE standard errors is taken for real: about 95 of 100 chance differences are smaller."""


def _read_figure(value: Any) -> Any:
    return math.nan if value is None else value


Figure = Annotated[float, BeforeValidator(_read_figure)]
"""nan where undefined, which JSON writes as null."""


PART = ConfigDict(frozen=True, extra="forbid")
"""Of every part of report.json."""


class Comparison(BaseModel):
    """One figure of a method and of another on the same lists or events."""

    model_config = PART

    method: str
    other: str
    figure: str
    value: Figure
    """Of the method."""
    other_value: Figure
    advantage: Figure
    """By how much the method is better; below 0 it is worse, also for a figure where lower is better."""
    standard_error: Figure
    """Of the advantage; nan where the lists or events are too few to tell."""

    @property
    def noise(self) -> float:
        """The advantage that chance alone may give; 0 if the standard error is undefined."""
        return NOISE * self.standard_error if math.isfinite(self.standard_error) else 0.0

    @property
    def is_worse(self) -> bool:
        """True if the method is worse by more than the noise."""
        return self.advantage < -self.noise

    @property
    def is_better(self) -> bool:
        """True if the method is better by more than the noise."""
        return self.advantage > self.noise
