"""Check the folders beside a bundle: nothing but a bundle is ever replaced."""

from pathlib import Path

from models.contract.bundle import MANIFEST, PREVIOUS


def check_target(folder: Path) -> None:
    """Raise ValueError if `folder` has no name, or it or `<folder>.previous` is neither empty nor a bundle."""
    if not folder.name or folder.name == "..":
        raise ValueError(f"expected a bundle's folder with a name, given '{folder}'")
    for path in (folder, folder.with_name(folder.name + PREVIOUS)):
        if not path.exists() or (path / MANIFEST).is_file():
            continue
        if not path.is_dir() or any(path.iterdir()):
            raise ValueError(f"expected no folder, an empty one or a bundle at {path}, given something else")
