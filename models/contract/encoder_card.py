"""The card of a bundle's text encoder: its name, the length of its vectors, and one golden sentence with its vector."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.contract.bundle import BundleError


class EncoderCard(BaseModel):
    """The encoder's answer in training, which it must answer in serving."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str
    size: int = Field(ge=1)
    sentence: str
    vector: tuple[float, ...]
    """[size] of the sentence, of length 1."""

    @model_validator(mode="after")
    def check_size(self) -> Self:
        """The vector has `size` numbers."""
        if len(self.vector) != self.size:
            raise ValueError(f"expected a vector of {self.size} numbers, given {len(self.vector)}")
        return self


def read_card(path: Path) -> EncoderCard:
    """Read a card; raises BundleError for a file that is none."""
    try:
        return EncoderCard.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected the card of a text encoder at {path}, given {error}") from error
