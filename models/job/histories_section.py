"""The section of a job on earlier events: a list of item ids a user, oldest first, without times."""

from pydantic import Field

from models.job.table_section import Column, TableSection


class HistoriesSection(TableSection):
    """Earlier events, which all came before the log. `separator` separates the ids in one cell of text."""

    user: Column
    items: Column
    separator: str = Field(default="|", min_length=1, max_length=5)
    max_loss: float = Field(default=0.5, ge=0, le=1)
    """The share of rows that may be unusable; a greater one refuses the job."""
