"""What the tests of loading share: copies of a bundle under other names and versions."""

import json
import shutil
from pathlib import Path

from tests.sealed_manifests import write_sealed


def copy_bundle(folder: Path, name: str) -> Path:
    """A copy of a bundle, beside it, of another version."""
    copy = shutil.copytree(folder, folder.with_name(name))
    manifest = json.loads((copy / "manifest.json").read_text())
    write_sealed(copy, manifest | {"model_version": name, "created_at": name})
    return copy
