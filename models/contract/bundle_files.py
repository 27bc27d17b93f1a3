"""The files of a bundle in its folder: plain names, regular files, and who can read them."""

import re
import stat
from collections.abc import Iterable
from pathlib import Path

PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}", re.ASCII)
"""A name of one file in the folder itself: no separator, no `..`, no control character."""


def is_plain(name: str) -> bool:
    """True for the name of a file in the folder itself."""
    return PLAIN_NAME.fullmatch(name) is not None


def find_fault(path: Path) -> str | None:
    """The thing in place of a regular file at `path`; None for such a file. Links are not followed."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return "none"
    if stat.S_ISLNK(mode):
        return "a symbolic link"
    return None if stat.S_ISREG(mode) else "something other than a file"


def list_unreadable(folder: Path, names: Iterable[str]) -> list[str]:
    """The files, and "." for the folder, that users other than the owner and its group cannot read."""
    folder_mode = folder.stat().st_mode
    open_folder = stat.S_IROTH | stat.S_IXOTH
    closed = [] if folder_mode & open_folder == open_folder else ["."]
    return closed + [name for name in names if not (folder / name).stat().st_mode & stat.S_IROTH]


def list_unnamed(folder: Path, names: Iterable[str]) -> list[str]:
    """The names in the folder beside the files in `names`, sorted."""
    return sorted({path.name for path in folder.iterdir()} - set(names))
