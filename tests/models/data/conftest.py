"""A small shop of one's own: files by name, and a job over them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.job.spec import JobSpec, load_job

Write = Callable[[str, str], Path]
Job = Callable[..., JobSpec]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text file into the job's folder."""

    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job from its YAML's keys, loaded as a user's is."""

    def loaded(**keys: Any) -> JobSpec:
        path = tmp_path / "job.yaml"
        path.write_text(yaml.safe_dump({"name": "shop", **keys}), encoding="utf-8")
        return load_job(path)

    return loaded
