"""Choose the bundle folder to load: the configured one, the one it replaced, or the last one in use."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from app.config import Settings
from models.contract.bundle import MANIFEST, PREVIOUS, REJECTED, BundleError, read_manifest
from models.contract.manifest_seal import BundleKey
from models.contract.replaced_file import replace_file


class UnknownBundleNameError(Exception):
    """The folder of bundles has no bundle of the requested name."""


def find_bundle(configured: Path, name: str) -> Path:
    """The folder of the bundle of this name, beside the configured one; raises UnknownBundleNameError."""
    folder = bundles_root(configured) / name
    if Path(name).name != name or _is_hidden(name) or not (folder / MANIFEST).is_file():
        raise UnknownBundleNameError(name)
    return folder


def bundles_root(configured: Path) -> Path:
    """The folder of bundles: the configured folder itself, or the parent of a configured bundle."""
    return configured.parent if (configured / MANIFEST).is_file() or not configured.is_dir() else configured


def list_start_candidates(settings: Settings) -> list[Path]:
    """The folders to try at the start, in order; at least the configured folder.

    They are the configured bundle (of a folder of bundles: all, newest first), the bundle that publishing replaced,
    and the last one in use.
    """
    configured = settings.bundle_dir
    candidates = [configured]
    if configured.is_dir() and not (configured / MANIFEST).is_file():
        folders = (path.parent for path in configured.glob(f"*/{MANIFEST}"))
        published = [folder for folder in folders if not _is_never_started(folder.name)]
        candidates = sorted(
            published, key=lambda folder: read_created_at(folder, settings.signing_key), reverse=True
        )
    candidates.append(configured.with_name(configured.name + PREVIOUS))
    last_good = read_last_good(settings)
    if last_good is not None:
        candidates.append(last_good)
    existing = [folder for folder in dict.fromkeys(candidates) if folder.is_dir()]
    return existing or [configured]


def require_manifest(folders: Sequence[Path], key: BundleKey | None) -> None:
    """Raises BundleError with the fault of each folder unless one has a manifest as it was published and signed."""
    faults = []
    for folder in folders:
        try:
            read_manifest(folder, key)
        except BundleError as error:
            faults.append(str(error))
        else:
            return
    raise BundleError("; ".join(faults))


def _is_hidden(name: str) -> bool:
    """True for a bundle that is being published: it is written into a hidden folder and then renamed."""
    return name.startswith(".")


def _is_never_started(name: str) -> bool:
    """True for a folder that is not loaded at the start: hidden, or rejected by the promotion gate."""
    return _is_hidden(name) or name.endswith(REJECTED)


def read_created_at(folder: Path, key: BundleKey | None) -> str:
    """The time at which a bundle was made, as its manifest has it; empty if the manifest is refused."""
    try:
        return read_manifest(folder, key).created_at
    except BundleError:
        return ""


def write_last_good(settings: Settings, folder: Path) -> None:
    """Record the bundle in use, for the next start. Raises OSError."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    replace_file(last_good_file(settings), json.dumps({"path": str(folder.resolve())}).encode())


def read_last_good(settings: Settings) -> Path | None:
    """The last bundle in use; None if none is recorded or the file is damaged."""
    try:
        content = json.loads(last_good_file(settings).read_bytes())
    except (OSError, ValueError):
        return None
    path = content.get("path") if isinstance(content, dict) else None
    return Path(path) if isinstance(path, str) else None


def last_good_file(settings: Settings) -> Path:
    """The record of the last bundle in use: one for each configured folder, as services may share a state folder."""
    configured = os.path.realpath(settings.bundle_dir)
    return settings.state_dir / f"last_good.{hashlib.sha256(configured.encode()).hexdigest()[:16]}.json"
