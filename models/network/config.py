"""The network's configuration: sizes and rates, set by the job and stored in the manifest."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ExpertKind(StrEnum):
    """How the heads share the scorer."""

    SHARED_BOTTOM = "shared_bottom"  # one expert for all heads (Caruana 1997)
    MMOE = "mmoe"  # shared experts, one gate per head (Ma et al. 2018)
    PLE = "ple"  # shared experts and one expert per head (Tang et al. 2020)


class NetworkConfig(BaseModel):
    """Sizes and rates of the network; each field can be set in the `network` section of the job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim: int = Field(default=64, ge=4, le=1024)
    layers: int = Field(default=2, ge=1, le=12)
    attention_heads: int = Field(default=2, ge=1, le=16)
    history_length: int = Field(default=100, ge=1, le=1000)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    id_dropout: float = Field(default=0.1, ge=0, lt=1)
    """The rate at which training replaces an item's ID by OOV (DropoutNet, Volkovs et al. 2017), and leaves out the
    context of the moment for `next`."""
    experts: ExpertKind = ExpertKind.PLE
    expert_count: int = Field(default=3, ge=1, le=32)
    expert_width: int = Field(default=64, ge=4, le=1024)
    tower_width: int = Field(default=32, ge=4, le=1024)
    half_life_days: float = Field(default=14.0, gt=0, le=3650)
    """Half-life of the item statistic `recent`, in days."""

    @model_validator(mode="after")
    def check_heads(self) -> Self:
        if self.dim % self.attention_heads:
            raise ValueError(
                f"expected dim divisible by attention_heads, given {self.dim} and {self.attention_heads}"
            )
        return self
