"""Read the written descriptions of items, which `chorus describe` makes, as one text an item."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.data.readers.rows import RowsError, read_rows
from models.job.errors import JobError

ID, TEXT = "item_id", "text"
"""The columns that are read; the order of the rows is that of an item's texts."""


@dataclass(frozen=True, slots=True)
class Descriptions:
    """The text of each item in the order of the items, None for one without; and the rows of no item of the table."""

    texts: tuple[str | None, ...]
    strangers: int


def read_descriptions(paths: Sequence[Path], item_ids: Sequence[str]) -> Descriptions:
    """The description of each item: its distinct texts in the files, parted by blanks.

    Raises JobError for an unreadable file or row, and where no row is of one of the items.
    """
    texts: dict[str, dict[str, None]] = {item_id: {} for item_id in item_ids}
    strangers = 0
    for path in paths:
        try:
            for row in read_rows(path, (ID, TEXT)):
                if row.fault is not None:
                    raise JobError(
                        "items.descriptions: expected rows that can be read, "
                        f"given row {row.number} of {path}: {row.fault}"
                    )
                item_id, text = row.cells[ID], row.cells[TEXT]
                if item_id not in texts:
                    strangers += 1
                elif text:
                    texts[item_id][text] = None
        except (RowsError, OSError) as error:
            raise JobError(f"items.descriptions: {error}") from error
    if not any(texts.values()):
        names = ", ".join(path.name for path in paths)
        raise JobError(f"items.descriptions: expected texts of the items' ids in {names}, given none")
    return Descriptions(tuple(" ".join(own) or None for own in texts.values()), strangers)
