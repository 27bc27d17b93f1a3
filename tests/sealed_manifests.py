"""Manifests that tests change, with a right digest: all that is wrong with them is the change."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.contract.bundle import MANIFEST
from models.contract.manifest_seal import BundleKey, write_seal


def write_sealed(folder: Path, raw: Mapping[str, Any], key: BundleKey | None = None) -> None:
    """Write a manifest, valid or not, with its digest and, with a key, its signature."""
    content = json.dumps(raw).encode()
    (folder / MANIFEST).write_bytes(content)
    write_seal(folder, content, key)


def read_raw(folder: Path) -> dict[str, Any]:
    """A manifest as it is in its file."""
    raw: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
    return raw
