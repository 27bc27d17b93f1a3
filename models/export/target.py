"""Check and clear the folders beside a bundle: nothing but a bundle is ever replaced."""

import shutil
from pathlib import Path

from models.contract.bundle import MANIFEST, PREVIOUS
from models.contract.replaced_file import list_temporaries


def check_target(folder: Path) -> None:
    """Raise ValueError if `folder` has no name, or it or `<folder>.previous` is neither empty nor a bundle."""
    if not folder.name or folder.name == "..":
        raise ValueError(f"expected a bundle's folder with a name, given '{folder}'")
    for path in (folder, folder.with_name(folder.name + PREVIOUS)):
        if not path.exists() or (path / MANIFEST).is_file():
            continue
        if not path.is_dir() or any(path.iterdir()):
            raise ValueError(f"expected no folder, an empty one or a bundle at {path}, given something else")


def remove_leftovers(folder: Path) -> None:
    """Remove the unfinished bundles that killed runs left beside `folder`, which no other run may write meanwhile."""
    for leftover in list_temporaries(folder):
        shutil.rmtree(leftover, ignore_errors=True)


def restore_previous(folder: Path) -> None:
    """Rename `<folder>.previous` to `folder` where a killed publication left none, so that there is a bundle."""
    previous = folder.with_name(folder.name + PREVIOUS)
    if not folder.exists() and (previous / MANIFEST).is_file():
        previous.rename(folder)
