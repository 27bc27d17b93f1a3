"""What is written is read as the same document."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from models.job.yaml_reader import read_document
from models.job.yaml_writer import format_document


@pytest.mark.parametrize(
    "value",
    ["1e-3", "1.5", 1e-3, 1e-05, 3, True, None, "yes", "null", "a: b", " ü ", ["x", {"k": 1.0}], "2024-01-01", "\\N"],
)  # fmt: skip
def test_a_document_comes_back(write: Callable[[str, str], Path], value: object) -> None:
    document: dict[str, object] = {"b": value, "a": {"inner": [value]}}
    path = write("job.yaml", format_document(document))
    found = read_document(path)
    assert found == document
    assert list(found) == ["b", "a"]
    assert type(found["b"]) is type(value)


def test_pyyaml_alone_would_change_a_text(write: Callable[[str, str], Path]) -> None:
    assert read_document(write("job.yaml", yaml.safe_dump({"a": "1e-3"})))["a"] == 0.001
