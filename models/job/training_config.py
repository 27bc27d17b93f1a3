"""Training settings: the job's `training`."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Balancing(StrEnum):
    """How the losses of the tasks are weighted."""

    FIXED = "fixed"  # each task's loss_weight
    UNCERTAINTY = "uncertainty"  # learned (Kendall, Gal, Cipolla 2018), times loss_weight


class PrivacyConfig(BaseModel):
    """Differential privacy of the network's weights towards each user: the budget and the clipping norm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epsilon: float = Field(gt=0, le=100, allow_inf_nan=False)
    """The most privacy loss of training and refreshes together."""
    delta: float = Field(default=1e-5, gt=0, lt=1, allow_inf_nan=False)
    """The probability with which the loss may be larger; it must be below 1 / users."""
    max_grad_norm: float = Field(default=1.0, gt=0, le=1000, allow_inf_nan=False)
    """The L2 norm to which each user's gradient is clipped."""


class TrainingConfig(BaseModel):
    """The optimiser's settings; every field may be set in the job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(default=30, ge=1, le=1000)
    patience: int = Field(default=3, ge=1, le=100)
    """Epochs without a lower validation loss before training stops."""
    batch_size: int = Field(default=32, ge=1, le=4096)
    """Full-length windows in a training step; a step has more of shorter ones. With privacy: the expected users."""
    learning_rate: float = Field(default=2e-3, gt=0, le=1)
    weight_decay: float = Field(default=0.05, ge=0, le=1)
    negatives: int = Field(default=0, ge=0, le=100_000)
    """Shared negatives of the sampled softmax; 0: the full softmax where the catalogue is small enough."""
    hide_seen: bool = False
    """True: the softmax of `next` is over the items that the user has not had, which lists are made of."""
    balancing: Balancing = Balancing.FIXED
    seed: int = Field(default=7, ge=0, le=2**31 - 1)
    refresh_epochs: int = Field(default=3, ge=0, le=100)
    """Epochs over the newest data too, at a quarter of the learning rate, once the number of epochs is known."""
    max_minutes: float = Field(default=45.0, gt=0)
    """Time limit of training and the refreshes together. Up to half of it is kept for the refreshes."""
    privacy: PrivacyConfig | None = None
    """DP-SGD with the user as the unit (models.training.private_steps); None: training without privacy."""
