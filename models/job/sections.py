"""Sections of a job: its item and user tables, the split of the log, and the export and promotion of bundles."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, Field, model_validator

from models.contract.feature_spec import FieldKind
from models.contract.promotion import TOLERANCE
from models.job.table_section import STRICT, Column, ColumnList, TableSection


class ItemsSection(TableSection):
    """The item table. `separator` separates the categories in one cell; Parquet and JSON may hold lists."""

    id: Column
    text: ColumnList = ()
    categories: ColumnList = ()
    categorical: ColumnList = ()
    numeric: ColumnList = ()
    vectors: ColumnList = ()
    separator: str = Field(default="|", min_length=1, max_length=5)

    @property
    def fields(self) -> dict[str, FieldKind]:
        """Column -> field kind, in the order of the feature specification."""
        return (
            dict.fromkeys(self.categories, FieldKind.CATEGORIES)
            | dict.fromkeys(self.categorical, FieldKind.CATEGORICAL)
            | dict.fromkeys(self.numeric, FieldKind.NUMERIC)
            | dict.fromkeys(self.text, FieldKind.TEXT)
            | dict.fromkeys(self.vectors, FieldKind.VECTOR)
        )

    @model_validator(mode="after")
    def check_columns(self) -> Self:
        """No column is in two lists, or twice in one."""
        _check_distinct([*self.categories, *self.categorical, *self.numeric, *self.text, *self.vectors])
        return self


class UsersSection(TableSection):
    """The user table."""

    id: Column
    categorical: ColumnList = ()
    numeric: ColumnList = ()
    text: ColumnList = ()

    @property
    def fields(self) -> dict[str, FieldKind]:
        """Column -> field kind, in the order of the feature specification."""
        return (
            dict.fromkeys(self.categorical, FieldKind.CATEGORICAL)
            | dict.fromkeys(self.numeric, FieldKind.NUMERIC)
            | dict.fromkeys(self.text, FieldKind.TEXT)
        )

    @model_validator(mode="after")
    def check_columns(self) -> Self:
        """No column is in two lists, or twice in one."""
        _check_distinct([*self.categorical, *self.numeric, *self.text])
        return self


def _check_distinct(names: Sequence[str]) -> None:
    if duplicates := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(
            f"expected every column in one list and once, given {', '.join(duplicates)} more often"
        )


class SplitSection(BaseModel):
    """Shares of the interactions, the latest last. `test: 0` if the test data is held out elsewhere."""

    model_config = STRICT

    valid: float = Field(default=0.1, gt=0, lt=0.9)
    test: float = Field(default=0.1, ge=0, lt=0.9)

    @model_validator(mode="after")
    def check_sum(self) -> Self:
        """More than a tenth of the log is left for training."""
        if self.valid + self.test >= 0.9:
            raise ValueError(f"expected valid + test below 0.9, given {self.valid} + {self.test}")
        return self


class ExportSection(BaseModel):
    """The data that the published bundle is fitted on."""

    model_config = STRICT

    fit: Literal["all", "train"] = "all"
    """all: refit on all data after the evaluation; train: publish the evaluated model."""


class PromotionSection(BaseModel):
    """When a new bundle may replace the published one of the same job."""

    model_config = STRICT

    enabled: bool = True
    tolerance: float = Field(default=TOLERANCE, ge=0, le=1)
    """The share by which a headline figure may be worse, beyond its sampling noise (models/contract/promotion.py)."""
