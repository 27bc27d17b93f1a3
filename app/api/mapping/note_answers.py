"""Convert a slate's notes on the filter into the answer, as plain values."""

from typing import Any

from app.pipeline.notes import (
    ConditionRelaxed,
    FewItemsPass,
    MoreNotes,
    NoItemHasField,
    NoItemHasValue,
    Note,
    OutOfRange,
)

PATH = "filter"
LONGEST = 80
"""Characters of a value in a message."""


def note_answer(note: Note) -> dict[str, Any]:
    """The value of one of the schemas' notes."""
    match note:
        case NoItemHasValue(path, value, nearest):
            hint = f"; did you mean {' or '.join(map(_write, nearest))}?" if nearest else ""
            return {
                **_head("no_item_has_value", path, f"no item has the value {_write(value)}{hint}"),
                "value": value,
                "did_you_mean": nearest,
            }
        case OutOfRange(path, value, lowest, highest):
            message = f"no item meets {_write(value)}: the items have {lowest:.12g} to {highest:.12g}"
            return {
                **_head("out_of_range", path, message),
                "value": value,
                "lowest": lowest,
                "highest": highest,
            }
        case NoItemHasField(path):
            return _head("no_item_has_field", path, "no item has this field")
        case FewItemsPass(items):
            message = f"items of the catalogue that pass the filter: {items}"
            return {**_head("few_items_pass", PATH, message), "items": items}
        case ConditionRelaxed(path, items):
            message = (
                f"{items} items meet the whole plan and come first; this condition gave way for the others"
            )
            return {**_head("condition_relaxed", path, message), "items": items}
        case MoreNotes(notes):
            return {**_head("more_notes", PATH, f"{notes} more notes are left out"), "notes": notes}


def _head(code: str, path: str, message: str) -> dict[str, Any]:
    return {"code": code, "field": path, "message": message}


def _write(value: str | float) -> str:
    return repr(value[:LONGEST]) if isinstance(value, str) else f"{value:.12g}"
