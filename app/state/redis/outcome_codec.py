"""Encode the fields of a hash of outcomes: a letter for what is counted, and the cell as a JSON list."""

from collections.abc import Mapping

import orjson

from app.state.protocol.outcomes import Cell, Counts, LabelCell, LabelCounts, Outcomes
from app.state.redis.codec import CorruptValueError

COUNTS = {"i": "shown", "t": "takes", "v": "value", "s": "squares"}
"""Letter -> what of Counts it counts."""
LABELS = {"n": "labels", "p": "predicted", "o": "observed"}
WHOLE = frozenset("itno")
"""The letters of whole numbers."""


def pack_cell(cell: Cell | LabelCell) -> bytes:
    """The cell as a part of a field."""
    return orjson.dumps(list(cell))


def unpack_outcomes(fields: Mapping[bytes, bytes]) -> Outcomes:
    """The counts of an hour. Raises CorruptValueError."""
    cells: dict[Cell, dict[str, float]] = {}
    labels: dict[LabelCell, dict[str, float]] = {}
    try:
        for key, number in fields.items():
            letter, parts = chr(key[0]), orjson.loads(key[1:])
            amount = int(number) if letter in WHOLE else float(number)
            if letter in COUNTS:
                cells.setdefault(Cell(*parts), {})[COUNTS[letter]] = amount
            else:
                labels.setdefault(LabelCell(*parts), {})[LABELS[letter]] = amount
        return Outcomes(
            {cell: Counts(**counts) for cell, counts in cells.items()},  # type: ignore[arg-type]  # by WHOLE
            {cell: LabelCounts(**counts) for cell, counts in labels.items()},  # type: ignore[arg-type]
        )
    except (ValueError, TypeError, KeyError, IndexError) as exc:
        raise CorruptValueError(
            f"expected counts of outcomes, given {len(fields)} fields of something else"
        ) from exc


def add_outcomes(first: Outcomes, second: Outcomes) -> Outcomes:
    """The sums of both."""
    cells, labels = dict(first.cells), dict(first.labels)
    for cell, counts in second.cells.items():
        cells[cell] = cells[cell] + counts if cell in cells else counts
    for label, label_counts in second.labels.items():
        labels[label] = labels[label] + label_counts if label in labels else label_counts
    return Outcomes(cells, labels)
