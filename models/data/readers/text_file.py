"""Text files of a table: decompressed and transcoded into UTF-8, whatever their encoding."""

import codecs
import gzip
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from typing_extensions import Buffer

from models.job.file_options import UTF8, FileOptions

CHUNK = 1 << 20
"""Bytes transcoded at once."""
PROPOSED = ("cp1252", "utf-16")
"""Encodings that a message proposes for a file that is not UTF-8, if they can read it."""


class EncodingError(ValueError):
    """A file has bytes that its encoding does not know."""


class HeaderError(ValueError):
    """The beginning of a file is not that of its format."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of text: its path, its encoding, and the character between cells (of CSV and TSV files)."""

    path: Path
    encoding: str = UTF8  # a name that codecs.lookup knows, normalised
    delimiter: str = ","

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def is_utf8(self) -> bool:
        """True if the bytes need no transcoding."""
        return self.encoding == UTF8

    def open(self) -> IO[bytes]:
        """The file's text as UTF-8, decompressed if its name ends in .gz. Reading may raise EncodingError."""
        raw = open_bytes(self.path)
        return raw if self.is_utf8 else cast(IO[bytes], io.BufferedReader(_Transcoded(raw, self)))


def open_text_file(path: Path, options: FileOptions) -> TextFile:
    """A file with the encoding and the delimiter of its table; without one, a tab in .tsv files, else a comma."""
    by_name = "\t" if path.name.lower().endswith((".tsv", ".tsv.gz")) else ","
    return TextFile(path, options.encoding, options.delimiter or by_name)


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading bytes; a .gz file is decompressed."""
    return cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def propose_encoding(head: bytes) -> str | None:
    """An encoding that reads these first bytes of a file; None if none of PROPOSED does."""
    for name in PROPOSED:
        if (name == "utf-16") != head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            continue
        try:
            text = codecs.getincrementaldecoder(name)().decode(head)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1f]", text):
            return name
    return None


class _Transcoded(io.RawIOBase):
    """A stream of UTF-8 from a stream in another encoding."""

    def __init__(self, raw: IO[bytes], file: TextFile) -> None:
        self._raw, self._file = raw, file
        self._decoder = codecs.getincrementaldecoder(file.encoding)()
        self._pending = memoryview(b"")
        self._done = False

    def readable(self) -> bool:
        return True

    def readinto(self, target: Buffer) -> int:
        while not len(self._pending) and not self._done:
            self._fill()
        view = memoryview(target)
        count = min(len(view), len(self._pending))
        view[:count] = self._pending[:count]
        self._pending = self._pending[count:]
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()

    def _fill(self) -> None:
        chunk = self._raw.read(CHUNK)
        self._done = not chunk
        try:
            text = self._decoder.decode(chunk, final=self._done)
        except UnicodeDecodeError as error:
            given = error.object[error.start : error.start + 1]
            raise EncodingError(
                f"expected {self._file.encoding} in {self._file.name}, given the byte {given!r}"
            ) from error
        self._pending = memoryview(text.encode())
