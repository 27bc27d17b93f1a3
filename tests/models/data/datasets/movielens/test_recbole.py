"""recbole's wheel, downloaded by pip from a folder of this test. No network is needed."""

import subprocess
from pathlib import Path

import pytest

from models.data.datasets.movielens import recbole
from models.data.datasets.movielens.recbole import fetch_recbole, read_recbole
from models.data.datasets.movielens.tables import FetchError, MovieLens


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which pip looks for packages."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path


def test_the_tables_of_the_wheel(recbole_wheel: bytes, tables: MovieLens, index: Path) -> None:
    (index / "recbole-1.2.1-py3-none-any.whl").write_bytes(recbole_wheel)
    assert fetch_recbole() == tables


def test_a_download_that_fails(index: Path) -> None:
    with pytest.raises(FetchError, match=r"pip download failed: .*recbole==1\.2\.1"):
        fetch_recbole()


def test_a_download_that_takes_too_long(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recbole, "TIMEOUT_S", 0.001)
    with pytest.raises(FetchError, match=r"pip download took longer than 0\.001 s") as raised:
        fetch_recbole()
    assert isinstance(raised.value.__cause__, subprocess.TimeoutExpired)


def test_a_wheel_without_the_data() -> None:
    with pytest.raises(FetchError, match="expected a whole ZIP archive"):
        read_recbole(b"no wheel")
