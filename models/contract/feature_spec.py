"""The feature specification: fields, vocabularies, means and deviations, fitted on the training split."""

import hashlib
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from models.contract.polarity import ValuePolarity
from models.contract.roles import ActionRole
from models.contract.statistics import STATISTICS
from models.contract.vocabulary import Vocabulary


class FieldKind(StrEnum):
    """The type of an attribute."""

    CATEGORICAL = "categorical"  # one str
    CATEGORIES = "categories"  # a tuple of str
    NUMERIC = "numeric"  # a float
    TEXT = "text"  # a str, for the text encoder
    VECTOR = "vector"  # floats of another modality


class FieldSpec(BaseModel):
    """One attribute. `mean` and `std` are fitted for numeric fields; `size` is the length of a vector field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: FieldKind
    mean: float = 0.0
    std: float = Field(default=1.0, gt=0)
    size: int = Field(default=0, ge=0)
    hierarchy: str = Field(default="", exclude_if=lambda separator: not separator)
    """The separator of the levels in a path of categories; empty for labels without levels. An empty one is not
    written, so that the digest of a bundle without paths stays the same."""


class FeatureSpec(BaseModel):
    """All features, with their vocabularies, means and deviations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timed: bool
    """True if timestamps are times; False if the job has only an order of events."""
    history_length: int = Field(ge=1, le=2000)
    """The number of events that the user tower reads, at most."""
    item_ids: Vocabulary
    actions: Vocabulary
    item_fields: tuple[FieldSpec, ...] = ()
    user_fields: tuple[FieldSpec, ...] = ()
    context_fields: tuple[str, ...] = ()
    item_tokens: Vocabulary = Vocabulary()
    user_tokens: Vocabulary = Vocabulary()
    context_tokens: Vocabulary = Vocabulary()
    value_range: tuple[float, float] | None = None
    """Lowest and highest event value in the training split; None if events have no values."""
    value_mean: float = 0.0
    value_std: float = Field(default=1.0, gt=0)
    polarity: ValuePolarity = ValuePolarity()
    """How far a low value pushes similar items away; fitted after training (models.export.polarity)."""
    roles: dict[str, ActionRole] = Field(default_factory=dict, exclude_if=lambda roles: not roles)
    """Action -> the role that the job gives it, where it names one (models.contract.roles)."""
    action_rates: dict[str, float] = Field(default_factory=dict, exclude_if=lambda rates: not rates)
    """Action -> the share of the training events (models.contract.action_rates)."""
    item_template: str = Field(default="", exclude_if=lambda template: not template)
    """The template of an item's text (models.contract.text_template); empty: its text fields, then its categories."""
    user_template: str = Field(default="", exclude_if=lambda template: not template)
    """The template of a user's text; empty: the text fields."""
    interaction_text: bool = Field(default=False, exclude_if=lambda is_read: not is_read)
    """True if the newest texts of a user's events are part of the user's text."""
    text_size: int = Field(default=0, ge=0)
    """Width of the text encoder's vectors; 0 without text."""

    def digest(self) -> str:
        """SHA-256 of the specification, vocabularies included.

        Without polarities it is that of a specification from before there were any, so that older bundles load.
        """
        fields = self.model_dump_json(exclude=None if self.polarity.values else {"polarity"})
        return hashlib.sha256(fields.encode()).hexdigest()

    @property
    def statistics_width(self) -> int:
        """S + A, the numbers of an item's row of statistics: the columns STATISTICS, then the rates of actions."""
        return len(STATISTICS) + len(self.action_rates)

    @property
    def hierarchies(self) -> dict[str, str]:
        """Item field -> the separator of its paths, for the fields that have paths."""
        return {field.name: field.hierarchy for field in self.item_fields if field.hierarchy}

    def fields(self, kind: FieldKind) -> tuple[FieldSpec, ...]:
        """The item fields of one kind, in order."""
        return tuple(field for field in self.item_fields if field.kind is kind)
