"""The polarity of event values: how far a value tells what the user thinks of similar items, learned from the log."""

from itertools import pairwise

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from models.contract.arrays import Floats


class ValuePolarity(BaseModel):
    """Polarity in [-1, 1] at ascending values, linear in between; models.export.polarity fits it.

    -1: the user rejects similar items as after a dislike; 0: the value tells nothing about them, as a price does.
    Without values, which is the default and that of a bundle from before 0.2, the polarity of every value is 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    values: tuple[float, ...] = ()
    polarity: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> "ValuePolarity":
        if len(self.values) != len(self.polarity):
            raise ValueError(f"expected {len(self.values)} polarities, given {len(self.polarity)}")
        if not all(low < high for low, high in pairwise(self.values)):
            raise ValueError(f"expected ascending values, given {self.values}")
        if not all(-1 <= polarity <= 1 for polarity in self.polarity):
            raise ValueError(f"expected polarities in [-1, 1], given {self.polarity}")
        return self

    def read(self, values: Floats) -> Floats:
        """The polarity [n] of values [n]: that of the nearest end outside the fitted values, 0 for a missing value."""
        if not self.values:
            return np.zeros(len(values), dtype=np.float32)
        polarity = np.interp(values, self.values, self.polarity)
        return np.where(np.isnan(values), 0, polarity).astype(np.float32)
