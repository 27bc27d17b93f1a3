"""Texts out of archives that are whole, damaged, or something else."""

import io
import zipfile

import pytest

from models.data.datasets.movielens.archive import read_texts
from models.data.datasets.movielens.tables import FetchError


def archive(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as files:
        files.writestr("a.txt", "é, plain and long enough to be compressed, " * 20)
        files.writestr("b.txt", b"\xff")
    return stream.getvalue()


def test_texts_by_name() -> None:
    assert read_texts(archive(), ["b.txt"], "latin-1") == ["ÿ"]
    assert read_texts(archive(), ["a.txt"], "utf-8")[0].startswith("é, plain")


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_damaged_archive(compression: int) -> None:
    whole = archive(compression)
    for damaged in (b"", b"no archive", whole[:-30], whole[:40] + bytes([whole[40] ^ 0x55]) + whole[41:]):
        with pytest.raises(FetchError, match="expected a whole ZIP archive, given"):
            read_texts(damaged, ["a.txt"], "utf-8")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(
        FetchError, match=r"expected an archive with a\.txt, c\.txt, given one without c\.txt"
    ):
        read_texts(archive(), ["a.txt", "c.txt"], "utf-8")


def test_another_encoding() -> None:
    with pytest.raises(FetchError, match="expected texts in utf-8, given invalid start byte"):
        read_texts(archive(), ["b.txt"], "utf-8")
