"""Training settings: the job's `training`."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Balancing(StrEnum):
    """How the losses of the tasks are weighted."""

    FIXED = "fixed"  # each task's loss_weight
    UNCERTAINTY = "uncertainty"  # learned (Kendall, Gal, Cipolla 2018), times loss_weight


class TrainingConfig(BaseModel):
    """The optimiser's settings; every field may be set in the job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(default=30, ge=1, le=1000)
    patience: int = Field(default=3, ge=1, le=100)
    """Epochs without a lower validation loss before training stops."""
    batch_size: int = Field(default=32, ge=1, le=4096)
    """Full-length windows in a training step; a step has more of shorter ones."""
    learning_rate: float = Field(default=2e-3, gt=0, le=1)
    weight_decay: float = Field(default=0.05, ge=0, le=1)
    negatives: int = Field(default=0, ge=0, le=100_000)
    """Shared negatives of the sampled softmax; 0: the full softmax where the catalogue is small enough."""
    balancing: Balancing = Balancing.FIXED
    seed: int = Field(default=7, ge=0, le=2**31 - 1)
    refresh_epochs: int = Field(default=3, ge=0, le=100)
    """Epochs over the newest data too, at a quarter of the learning rate, once the number of epochs is known."""
    max_minutes: float = Field(default=60.0, gt=0)
    """Time limit of training and the refreshes together. Up to half of it is kept for the refreshes."""
