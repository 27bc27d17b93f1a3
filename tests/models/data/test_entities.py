"""Category paths in the item table: their levels, and separators that no cell has."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from models.data.dataset import load_dataset
from models.job.errors import JobError
from models.job.spec import JobSpec

Write = Callable[[str, str], Path]
ROWS = [
    {"id": "a", "shelf": ["A / B / C", "D"], "tags": ["x", "y"], "flat": "A / B|E"},
    {"id": "b", "shelf": [], "tags": ["x / y"], "flat": " A /  B "},
]


def shelves(job: Callable[..., JobSpec], write: Write, hierarchy: object, columns: list[str]) -> JobSpec:
    write("events.csv", "u,i,t\nann,a,1\nann,b,2\n")
    write("items.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
    return job(
        interactions={"path": "events.csv", "user": "u", "item": "i", "time": "t"},
        items={"path": "items.jsonl", "id": "id", "categories": columns, "hierarchy": hierarchy},
    )


def test_lists_and_cells_of_paths_become_their_levels(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    spec = shelves(job, write, {"shelf": " / ", "flat": " / "}, ["shelf", "tags", "flat"])
    first, second = load_dataset(spec, tmp_path / "q.jsonl").items
    assert dict(first.attributes) == {
        "shelf": ("A", "A / B", "A / B / C", "D"),
        "tags": ("x", "y"),
        "flat": ("A", "A / B", "E"),
    }
    assert dict(second.attributes) == {"tags": ("x / y",), "flat": ("A", "A / B")}


def test_a_separator_for_all_columns_leaves_one_without_paths_as_it_is(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path
) -> None:
    spec = shelves(job, write, " / ", ["shelf", "tags"])
    first, second = load_dataset(spec, tmp_path / "q.jsonl").items
    assert (first.attributes["tags"], second.attributes["tags"]) == (("x", "y"), ("x", "x / y"))


@pytest.mark.parametrize(
    ("hierarchy", "columns", "column"),
    [(" > ", ["shelf", "tags"], "shelf"), ({"shelf": " / ", "tags": " > "}, ["shelf", "tags"], "tags")],
    ids=str,
)
def test_a_separator_that_no_cell_has_is_refused(
    job: Callable[..., JobSpec],
    write: Write,
    tmp_path: Path,
    hierarchy: object,
    columns: list[str],
    column: str,
) -> None:
    spec = shelves(job, write, hierarchy, columns)
    with pytest.raises(JobError) as caught:
        load_dataset(spec, tmp_path / "q.jsonl")
    example = {"shelf": "'A / B / C'", "tags": "'x'"}[column]
    assert str(caught.value) == (
        f"items.hierarchy: expected paths such as 'A > B' in the column {column}, given none, such as {example}"
    )
