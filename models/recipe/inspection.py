"""The lines of `chorus inspect` about the folder of a whole bundle: its signature, and what may surprise."""

import json
from pathlib import Path

from rich.console import Console

from models.contract.bundle import SEAL, Manifest, read_manifest, verify
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


def describe_bundle(folder: Path, console: Console, key: BundleKey | None) -> tuple[str, ...]:
    """Print a bundle's manifest and the verification of its files; returns what the reader should be warned of.

    Raises BundleError if a file is missing or changed.
    """
    manifest = read_manifest(folder, key)
    console.print_json(json.dumps(manifest.model_dump(mode="json")))
    verify(folder, key)
    size = sum((folder / name).stat().st_size for name in manifest.files)
    signature = describe_signature(folder, key)
    console.print(f"{len(manifest.files)} files, {size / 1e6:.1f} MB, {signature}, all checksums right")
    return tuple(list_folder_warnings(folder, manifest))
