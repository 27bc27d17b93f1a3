"""Choose the bundle folder to load: the configured one, the one it replaced, or the last one in use."""

import json
from collections.abc import Sequence
from pathlib import Path

from app.config import Settings
from models.contract.bundle import MANIFEST, PREVIOUS, REJECTED, BundleError, read_manifest

LAST_GOOD = "last_good.json"


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
        candidates = sorted(published, key=read_created_at, reverse=True)
    candidates.append(configured.with_name(configured.name + PREVIOUS))
    last_good = read_last_good(settings.state_dir)
    if last_good is not None:
        candidates.append(last_good)
    existing = [folder for folder in dict.fromkeys(candidates) if folder.is_dir()]
    return existing or [configured]


def require_manifest(folders: Sequence[Path]) -> None:
    """Raises BundleError with the fault of each folder unless one of them has a readable manifest."""
    faults = []
    for folder in folders:
        try:
            read_manifest(folder)
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


def read_created_at(folder: Path) -> str:
    """The time at which a bundle was made, as its manifest has it; empty if the manifest cannot be read."""
    try:
        return read_manifest(folder).created_at
    except BundleError:
        return ""


def write_last_good(state_dir: Path, folder: Path) -> None:
    """Record the bundle in use, for the next start. Raises OSError."""
    state_dir.mkdir(parents=True, exist_ok=True)
    temporary = state_dir / f"{LAST_GOOD}.tmp"
    temporary.write_text(json.dumps({"path": str(folder.resolve())}))
    temporary.replace(state_dir / LAST_GOOD)


def read_last_good(state_dir: Path) -> Path | None:
    """The last bundle in use; None if none is recorded or the file is damaged."""
    try:
        content = json.loads((state_dir / LAST_GOOD).read_bytes())
    except (OSError, ValueError):
        return None
    path = content.get("path") if isinstance(content, dict) else None
    return Path(path) if isinstance(path, str) else None
