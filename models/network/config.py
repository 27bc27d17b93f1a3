"""The configuration of the network: the part of a bundle's manifest from which it is built again."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ExpertKind(StrEnum):
    """How the heads share the scorer."""

    SHARED_BOTTOM = "shared_bottom"  # one expert for all (Caruana 1997)
    MMOE = "mmoe"  # a gate a head over shared experts (Ma et al. 2018)
    PLE = "ple"  # shared experts and one of each head (Tang et al. 2020)


class NetworkConfig(BaseModel):
    """Sizes and rates; every field may be set in the job's `network`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dim: int = Field(default=64, ge=4, le=1024)
    layers: int = Field(default=2, ge=1, le=12)
    attention_heads: int = Field(default=2, ge=1, le=16)
    history_length: int = Field(default=100, ge=1, le=1000)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    id_dropout: float = Field(default=0.1, ge=0, lt=1)
    """The rate at which training hides an item's ID, so that its content must represent it (Volkovs et al. 2017)."""
    experts: ExpertKind = ExpertKind.PLE
    expert_count: int = Field(default=3, ge=1, le=32)
    expert_width: int = Field(default=64, ge=4, le=1024)
    tower_width: int = Field(default=32, ge=4, le=1024)
    half_life_days: float = Field(default=14.0, gt=0, le=3650)
    """Half-life of the recent-popularity statistic."""

    @model_validator(mode="after")
    def check_heads(self) -> Self:
        if self.dim % self.attention_heads:
            raise ValueError(
                f"expected dim divisible by attention_heads, given {self.dim} and {self.attention_heads}"
            )
        return self
