"""The section of a job on its log: user, item, time, and optionally action, value and context of each event."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from models.job.label_check import TIME_FIELDS
from models.job.table_section import Column, ColumnList, TableSection


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"expected a time zone such as Europe/Berlin, given {name!r}") from error
    return name


def _check_time_format(pattern: str) -> None:
    """Raises ValueError for a format that cannot read what it writes, such as one with an unknown directive."""
    moment = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    try:
        read = datetime.strptime(moment.strftime(pattern), pattern)
    except ValueError as error:
        raise ValueError(f"expected a time_format such as '%d.%m.%Y', given {pattern!r} ({error})") from error
    if "%" not in pattern or read.year == datetime(1900, 1, 1, tzinfo=UTC).year:
        raise ValueError(f"expected a time_format with a year, such as '%d.%m.%Y', given {pattern!r}")


class InteractionsSection(TableSection):
    """The interaction log."""

    user: Column
    item: Column
    time: Column | None = None
    order: Column | None = None
    """A number that grows with time: instead of `time`, or beside it, to order events of the same time."""
    time_unit: Literal["s", "ms", "iso"] = "s"
    """Unix seconds or milliseconds, or ISO 8601. Parquet timestamps need none."""
    time_format: str | None = Field(default=None, min_length=2)
    """The format of times in texts, such as "%d.%m.%Y %H:%M" (as in Python's strptime), instead of `time_unit`."""
    time_zone: Annotated[str, AfterValidator(_check_zone)] = "UTC"
    """The time zone of times that name none."""
    action: Column | None = None
    action_names: dict[Column, Column] = Field(default_factory=dict)
    """Names in the action column, or columns of outcomes -> actions, such as Kauf -> purchase; others stay."""
    value: Column | None = None
    context: ColumnList = ()
    labels: ColumnList = ()
    """Columns of numbers for labels alone, named label.COLUMN: outcomes of the row, which are no features."""
    taken: str | None = None
    """A condition, such as "label.is_click == 1": the rows that count as taken. The others are exposures."""
    text: Column | None = None
    """A column of what the user wrote with the event, such as a review, a comment or the words of a search."""
    max_loss: float = Field(default=0.5, ge=0, le=1)
    """The share of rows that may be unusable; a greater one refuses the job."""

    @model_validator(mode="after")
    def check_columns(self) -> Self:
        """There is a time or an order, every key has an effect, and context columns are distinct."""
        if self.time is None and self.order is None:
            raise ValueError("expected one of the keys time and order, given neither")
        for key in ("time_unit", "time_format", "time_zone"):
            if self.time is None and key in self.model_fields_set:
                raise ValueError(f"expected the key time beside {key}, given order alone")
        if self.time_format is not None:
            if "time_unit" in self.model_fields_set:
                raise ValueError("expected one of the keys time_unit and time_format, given both")
            _check_time_format(self.time_format)
        if self.action_names and self.action is None and self.taken is None:
            raise ValueError("expected the key action or taken beside action_names, given neither")
        if self.action is None and (others := sorted({*self.action_names} - {*self.labels})):
            raise ValueError(
                f"expected action_names of columns in labels where there is no key action, given {', '.join(others)}"
            )
        if both := sorted({*self.labels} & {*self.context}):
            raise ValueError(f"expected labels that are no features, given {', '.join(both)} in context too")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"expected distinct columns in labels, given {list(self.labels)}")
        reserved = [name for name in self.context if name in TIME_FIELDS]
        if reserved or len(set(self.context)) < len(self.context):
            names = ", ".join(TIME_FIELDS)
            raise ValueError(
                f"expected distinct context columns, none named {names}, given {list(self.context)}"
            )
        return self
