"""Evaluation settings: the job's `evaluation`."""

from pydantic import BaseModel, ConfigDict, Field


class EvaluationConfig(BaseModel):
    """The bounds of the evaluation. A sample is evenly spaced, so that the same data give the same sample."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_lists: int | None = Field(default=None, ge=1, le=1_000_000)
    """Lists of each ranking protocol; None: 3,000, or fewer after a short training."""
    max_events: int | None = Field(default=None, ge=1, le=10_000_000)
    """Test events that the heads are measured on; None: 20,000, or fewer after a short training."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Time limit of the baselines, the last resort; None: as long as training took, and at least one minute."""
