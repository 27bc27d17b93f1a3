"""The trained shop, opened once for the tests that only read of it."""

from pathlib import Path

import pytest

from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle


@pytest.fixture(scope="session")
def learnt(trained: Path) -> LoadedBundle:
    """The trained bundle in memory. A test that puts or deletes items loads one of its own."""
    return load_bundle(trained, candidates=100)
