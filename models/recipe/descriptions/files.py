"""The files of `chorus describe`: the descriptions as JSON Lines or Parquet, and the refused texts beside them."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.contract.replaced_file import replace_file
from models.recipe.descriptions.settling import Description, Refusal

REFUSED = ".refused.jsonl"
COLUMNS = pa.schema(
    [
        ("item_id", pa.string()),
        ("variant", pa.int64()),
        ("language", pa.string()),
        ("text", pa.string()),
        ("source", pa.string()),
    ]
)


def write_descriptions(path: Path, rows: Sequence[Description]) -> None:
    """Replace the file by these rows; its name ends with .jsonl or .parquet. Raises OSError."""
    if path.suffix == ".parquet":
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([asdict(row) for row in rows], COLUMNS), buffer)
        replace_file(path, buffer.getvalue())
    else:
        replace_file(path, _write_lines(rows))


def name_refusals(out: Path) -> Path:
    """The file of the refused texts of `out`."""
    return out.with_name(out.name + REFUSED)


def write_refusals(out: Path, refusals: Sequence[Refusal]) -> None:
    """Replace the file of the refused texts of `out`; it is removed where there are none. Raises OSError."""
    path = name_refusals(out)
    if refusals:
        replace_file(path, _write_lines(refusals))
    else:
        path.unlink(missing_ok=True)


def _write_lines(rows: Sequence[Description] | Sequence[Refusal]) -> bytes:
    return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows).encode()
