"""Sections of a job: its item and user tables, the split of the log, and the export and promotion of bundles."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from models.contract.feature_spec import FieldKind
from models.contract.promotion import TOLERANCE
from models.contract.text_template import MAX_TEMPLATE
from models.contract.title_field import DESCRIPTION
from models.job.table_section import STRICT, Column, ColumnList, OptionalFiles, TableSection


def _check_separators(value: object) -> object:
    """The same value; raises ValueError for anything but None, a short separator, or one for each column."""
    separators = list(value.values()) if isinstance(value, dict) else [value]
    if value is None or all(isinstance(each, str) and 1 <= len(each) <= 5 for each in separators):
        return value
    raise ValueError(
        f"expected a separator of 1 to 5 characters, or one for each column, given {value!r}"[:200]
    )


Hierarchy = str | dict[Column, str]


class ItemsSection(TableSection):
    """The item table. `separator` separates the categories in one cell; Parquet and JSON may hold lists."""

    id: Column
    text: ColumnList = ()
    categories: ColumnList = ()
    categorical: ColumnList = ()
    numeric: ColumnList = ()
    vectors: ColumnList = ()
    descriptions: OptionalFiles = ()
    """Files of `chorus describe`: the texts of an item are its field `description`."""
    template: str | None = Field(default=None, min_length=1, max_length=MAX_TEMPLATE)
    """The text of an item for the language model, such as "{title}. {genres}"; None: texts, then categories."""
    separator: str = Field(default="|", min_length=1, max_length=5)
    hierarchy: Annotated[Hierarchy | None, BeforeValidator(_check_separators)] = None
    """The separator of the levels in a category path such as "A > B": of all columns of `categories`, or by column."""
    available: str | None = None
    """The condition over the item's fields without which it is not recommended, such as `stock > 0`."""

    @property
    def hierarchies(self) -> dict[str, str]:
        """Column of paths -> the separator of their levels."""
        if isinstance(self.hierarchy, str):
            return dict.fromkeys(self.categories, self.hierarchy)
        return dict(self.hierarchy or {})

    @property
    def fields(self) -> dict[str, FieldKind]:
        """Field -> its kind, in the order of the feature specification: the columns, and the description."""
        columns = self.columns
        vectors = dict.fromkeys(self.vectors, FieldKind.VECTOR)
        described = {DESCRIPTION: FieldKind.TEXT} if self.descriptions else {}
        return {name: kind for name, kind in columns.items() if name not in vectors} | described | vectors

    @property
    def columns(self) -> dict[str, FieldKind]:
        """Column of the table -> field kind."""
        return (
            dict.fromkeys(self.categories, FieldKind.CATEGORIES)
            | dict.fromkeys(self.categorical, FieldKind.CATEGORICAL)
            | dict.fromkeys(self.numeric, FieldKind.NUMERIC)
            | dict.fromkeys(self.text, FieldKind.TEXT)
            | dict.fromkeys(self.vectors, FieldKind.VECTOR)
        )

    @model_validator(mode="after")
    def check_columns(self) -> Self:
        """No column is in two lists, or twice in one, nor has the name of the descriptions."""
        _check_distinct([*self.categories, *self.categorical, *self.numeric, *self.text, *self.vectors])
        if self.descriptions and DESCRIPTION in self.columns:
            raise ValueError(
                f"expected no column {DESCRIPTION} beside `descriptions`, which have that name, given one"
            )
        return self

    @field_validator("hierarchy")
    @classmethod
    def check_hierarchy(cls, hierarchy: Hierarchy | None, info: ValidationInfo) -> Hierarchy | None:
        """Paths are in columns of categories, and their levels have another separator than the paths in a cell."""
        categories, paths = info.data.get("categories", ()), info.data.get("separator", "|")
        if hierarchy is None:
            return None
        separators = dict.fromkeys(categories, hierarchy) if isinstance(hierarchy, str) else hierarchy
        unknown = sorted(separators.keys() - set(categories))
        if unknown or not separators:
            raise ValueError(f"expected columns of items.categories, given {', '.join(unknown) or 'none'}")
        for column, separator in separators.items():
            if not separator.strip() or paths in separator or separator in paths:
                raise ValueError(
                    f"expected a separator of levels for {column} with more than spaces, and without the "
                    f"separator {paths!r} of the paths in a cell, given {separator!r}"
                )
        return hierarchy


class UsersSection(TableSection):
    """The user table."""

    id: Column
    categorical: ColumnList = ()
    numeric: ColumnList = ()
    text: ColumnList = ()
    template: str | None = Field(default=None, min_length=1, max_length=MAX_TEMPLATE)
    """The text of a user for the language model, such as "{interests}. {occupation}"; None: interests, then texts."""

    @property
    def fields(self) -> dict[str, FieldKind]:
        """Column -> field kind, in the order of the feature specification."""
        return self.columns

    @property
    def columns(self) -> dict[str, FieldKind]:
        """Column of the table -> field kind."""
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
    histories: bool = True
    """False: the bundle has no user's events, and its user vectors come from the profiles alone."""


class PromotionSection(BaseModel):
    """When a new bundle may replace the published one of the same job."""

    model_config = STRICT

    enabled: bool = True
    tolerance: float = Field(default=TOLERANCE, ge=0, le=1)
    """The share by which a headline figure may be worse, beyond its sampling noise (models/contract/promotion.py)."""
