"""Check what a run would replace: no texts of a language model by those of the template, no whole table by a part."""

from pathlib import Path

from models.data.readers.rows import RowsError, read_rows
from models.recipe.descriptions.settling import MODEL

ID, SOURCE = "item_id", "source"


def check_replaced(out: Path, items: int, *, is_part: bool, is_template: bool) -> None:
    """Raises ValueError for a file `out` that is more than the descriptions of `items` items that replace it.

    It is more if it has texts of a language model and the template writes the new ones (`is_template`), or if it has
    more items than the part of a table (`is_part`). A file that is no table of descriptions is refused as well.
    """
    if not (is_part or is_template) or not out.exists() or not out.stat().st_size:
        return
    ids: set[str | None] = set()
    by_model = 0
    try:
        for row in read_rows(out, (ID, SOURCE)):
            ids.add(row.cells[ID])
            by_model += row.cells[SOURCE] == MODEL
    except (RowsError, OSError) as error:
        raise ValueError(f"expected a new file, or one of chorus describe, given {out}: {error}") from error
    if is_template and by_model:
        raise ValueError(
            f"expected CHORUS_CHAT_URL or another --out, given {out} with descriptions by a language model "
            f"({by_model:,}), which those of the template would replace"
        )
    if is_part and len(ids) > items:
        raise ValueError(
            f"expected another --out beside --limit, given {out} with descriptions of {len(ids):,} items, which those "
            f"of {items:,} would replace"
        )
