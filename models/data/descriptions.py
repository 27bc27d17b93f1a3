"""Read the written descriptions of items, which `chorus describe` makes, as one text an item."""

from collections.abc import Sequence
from pathlib import Path

from models.data.readers.rows import RowsError, read_rows
from models.job.errors import JobError

ID, TEXT = "item_id", "text"
"""The columns that are read; the order of the rows is that of an item's texts."""


def read_descriptions(paths: Sequence[Path], item_ids: Sequence[str]) -> list[str | None]:
    """The description of each item: its distinct texts in the files, parted by blanks; None for an item without one.

    Raises JobError for an unreadable file, and where no row is of one of the items.
    """
    texts: dict[str, dict[str, None]] = {item_id: {} for item_id in item_ids}
    for path in paths:
        try:
            for row in read_rows(path, (ID, TEXT)):
                item_id, text = row.cells[ID], row.cells[TEXT]
                if row.fault is None and item_id in texts and text:
                    texts[item_id][text] = None
        except (RowsError, OSError) as error:
            raise JobError(f"items.descriptions: {error}") from error
    if not any(texts.values()):
        names = ", ".join(path.name for path in paths)
        raise JobError(f"items.descriptions: expected texts of the items' ids in {names}, given none")
    return [" ".join(own) or None for own in texts.values()]
