"""The lines of `chorus inspect` about the folder of a whole bundle: its signature, and what may surprise."""

from pathlib import Path

from models.contract.bundle import SEAL, Manifest
from models.contract.bundle_files import list_unnamed, list_unreadable
from models.contract.manifest_seal import KEY_SETTING, SIGNATURE, BundleKey


def list_folder_warnings(folder: Path, manifest: Manifest) -> list[str]:
    """Warnings about files that other users cannot read, and about files that are not part of the bundle."""
    names = [*manifest.files, *(name for name in SEAL if (folder / name).exists())]
    warnings = []
    if closed := list_unreadable(folder, names):
        files = ", ".join("the folder itself" if name == "." else name for name in closed)
        warnings.append(
            f"a container that runs as another user cannot read {files}; `chmod -R o+rX {folder}` permits it"
        )
    if unnamed := list_unnamed(folder, names):
        warnings.append(f"not part of the bundle, and never read: {', '.join(map(ascii, unnamed))}")
    return warnings


def describe_signature(folder: Path, key: BundleKey | None) -> str:
    """Whether a bundle that was verified with `key` is signed."""
    if key is not None:
        return f"signed with {KEY_SETTING}"
    if (folder / SIGNATURE).exists():
        return f"signed (not checked, as {KEY_SETTING} is not set)"
    return "not signed"
