"""The feature specification: which features there are, with everything that was fitted on the training split."""

import hashlib
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from models.contract.vocabulary import Vocabulary


class FieldKind(StrEnum):
    """How an attribute is read."""

    CATEGORICAL = "categorical"  # one str
    CATEGORIES = "categories"  # a tuple of str
    NUMERIC = "numeric"  # a float
    TEXT = "text"  # a str, to the text encoder
    VECTOR = "vector"  # floats, another modality


class FieldSpec(BaseModel):
    """One attribute; `mean` and `std` are fitted for numeric fields, `size` is a vector field's length."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: FieldKind
    mean: float = 0.0
    std: float = Field(default=1.0, gt=0)
    size: int = Field(default=0, ge=0)


class FeatureSpec(BaseModel):
    """Which features there are, with everything fitted: vocabularies, means, deviations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timed: bool
    """Whether timestamps are times; false where the job gave only an order."""
    history_length: int = Field(ge=1, le=2000)
    """The events that the user tower sees."""
    item_ids: Vocabulary
    actions: Vocabulary
    item_fields: tuple[FieldSpec, ...] = ()
    user_fields: tuple[FieldSpec, ...] = ()
    context_fields: tuple[str, ...] = ()
    item_tokens: Vocabulary = Vocabulary()
    user_tokens: Vocabulary = Vocabulary()
    context_tokens: Vocabulary = Vocabulary()
    value_range: tuple[float, float] | None = None
    """The lowest and highest value in the training split; None where events carry no values."""
    value_mean: float = 0.0
    value_std: float = Field(default=1.0, gt=0)
    text_size: int = Field(default=0, ge=0)
    """Width of the text encoder's vectors; 0 where there is no text."""

    def digest(self) -> str:
        """SHA-256 of the specification, vocabularies included."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def fields(self, kind: FieldKind) -> tuple[FieldSpec, ...]:
        """The item fields of one kind, in order."""
        return tuple(field for field in self.item_fields if field.kind is kind)
