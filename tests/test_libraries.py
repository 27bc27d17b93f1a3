"""Heavy libraries stay behind their doors: only one file of the service computes with torch."""

import pytest

from tests.structure import PACKAGES, ROOT
from tests.test_architecture import imports, module_of, python_files, within

# Library -> the files and rooms that alone may import it.
DOORS: dict[str, tuple[str, ...]] = {
    "torch": ("app.bundle.torch_predictor", "app.threads", "models", "benchmarks"),
    "faiss": ("app.bundle", "models.export", "benchmarks.serving"),
}


def misplaced_libraries(path: str, source: str) -> list[str]:
    """A library imported by a file outside the rooms that hold it."""
    libraries = {name.split(".")[0] for name in imports(path, source)}
    return [
        f"{path} imports {library}; only {', '.join(rooms)} may"
        for library, rooms in DOORS.items()
        if library in libraries and not any(within(module_of(path), room) for room in rooms)
    ]


def test_libraries_are_imported_by_their_rooms_alone() -> None:
    files = python_files(*PACKAGES)
    assert [
        fault for path in files for fault in misplaced_libraries(path, (ROOT / path).read_text("utf-8"))
    ] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app/pipeline/encoding.py", "import torch"),
        ("app/bundle/bundle.py", "from torch import nn"),
        ("app/pipeline/similar.py", "def search():\n    import faiss"),
    ],
)
def test_the_rule_can_fail(path: str, source: str) -> None:
    assert len(misplaced_libraries(path, source)) == 1
