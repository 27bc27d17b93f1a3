"""The keys that every table of a job has: its files and their format."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from models.job.file_options import NULL_VALUES, UTF8, FileOptions, normalise_encoding

STRICT = ConfigDict(frozen=True, extra="forbid")
WILDCARDS = "*?["
IGNORED = (".", "_")
"""First characters of names that a folder's files do not have: hidden ones, and marks such as _SUCCESS."""


def to_tuple(value: object) -> object:
    """A list as a tuple; a single text is a list of one."""
    if isinstance(value, str | Path):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _to_paths(value: object) -> object:
    """A path or a list of paths as a tuple; raises ValueError for anything else."""
    paths = to_tuple(value)
    if (
        not isinstance(paths, tuple)
        or not paths
        or not all(isinstance(path, str | Path) and str(path) for path in paths)
    ):
        raise ValueError(f"expected a path, a pattern, a folder or a list of them, given {value!r}"[:200])
    return paths


def _to_optional_paths(value: object) -> object:
    """As `_to_paths`, where none is an empty list or nothing at all."""
    return () if value is None or value in ((), []) else _to_paths(value)


def _locate_files(paths: tuple[Path, ...], info: ValidationInfo) -> tuple[Path, ...]:
    """The files of paths, patterns and folders, relative to the job's folder; unchecked without it in the context."""
    if info.context is None:
        return paths
    files = [file for path in paths for file in _locate(Path(info.context["folder"]), path)]
    repeated = sorted({file.name for file in files if files.count(file) > 1})
    if repeated:
        raise ValueError(f"expected every file once, given {', '.join(repeated)} more often")
    return tuple(files)


def _locate(folder: Path, path: Path) -> Iterator[Path]:
    """Yield the files of one entry: a file, the files that match a pattern, or those directly in a folder."""
    try:
        whole = (folder / path.expanduser()).resolve()
        is_folder = whole.is_dir()
    except (OSError, RuntimeError) as error:  # a name that is too long, or the home of an unknown user
        raise ValueError(
            f"expected a path that can be read, given {str(path)[:80]!r} ({error})"[:300]
        ) from error
    if is_folder:
        files = sorted(file for file in whole.iterdir() if file.is_file() and file.name[0] not in IGNORED)
    elif not whole.exists() and any(character in str(path) for character in WILDCARDS):
        start = Path(whole.anchor)
        files = sorted(file for file in start.glob(str(whole.relative_to(start))) if file.is_file())
    else:
        files = [whole]
        if not whole.is_file():
            kind = "something else" if whole.exists() else "none"
            raise ValueError(f"expected a file, given {str(path)!r}, and there is {kind} at {whole}")
    if not files:
        raise ValueError(f"expected at least one file, given {str(path)!r}, and none matches at {whole}")
    yield from files


def reads(folder: Path, entry: str, file: Path) -> bool:
    """True if an entry of a job in `folder`, a path, pattern or folder, would read the resolved `file` if it existed.

    For a pattern it is True for somewhat more: `**` may also end on a file.
    """
    whole = (folder / Path(entry).expanduser()).resolve()
    if whole.is_dir():
        return file.parent == whole and file.name[0] not in IGNORED
    if not whole.exists() and any(character in entry for character in WILDCARDS):
        return _matches(file.parts, whole.parts)
    return file == whole


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """True if the parts of a path match those of a pattern, where `**` stands for any number of them."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[at:], pattern[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _check_delimiter(delimiter: str | None) -> str | None:
    if delimiter is not None and (len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'):
        raise ValueError(f"expected one ASCII character, no quote and no line end, given {delimiter!r}"[:200])
    return delimiter


Column = Annotated[str, Field(min_length=1)]
ColumnList = Annotated[tuple[Column, ...], BeforeValidator(to_tuple)]
DataFiles = Annotated[tuple[Path, ...], BeforeValidator(_to_paths), AfterValidator(_locate_files)]
"""One path, pattern or folder, or a list of them; after the validation, the files."""
OptionalFiles = Annotated[
    tuple[Path, ...], BeforeValidator(_to_optional_paths), AfterValidator(_locate_files)
]
"""As DataFiles, or none."""


class TableSection(BaseModel):
    """Files of one table, in one format or several."""

    model_config = STRICT

    path: DataFiles
    encoding: Annotated[str, AfterValidator(normalise_encoding)] = UTF8
    """The encoding of text files, such as cp1252."""
    delimiter: Annotated[str | None, AfterValidator(_check_delimiter)] = None
    """The character between the cells of CSV files; null: a tab in .tsv files, else a comma."""
    decimal: Literal[".", ","] = "."
    """The decimal separator of numbers in text files; with "," a point may separate thousands."""
    null_values: Annotated[tuple[str, ...], BeforeValidator(to_tuple)] = NULL_VALUES
    """Texts that count as an empty cell."""

    @property
    def options(self) -> FileOptions:
        """The format of the files."""
        return FileOptions(self.encoding, self.delimiter, self.null_values)
