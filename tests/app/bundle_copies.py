"""What the tests of loading share: copies of a bundle under other names and versions."""

import json
import shutil
from pathlib import Path


def copy_bundle(folder: Path, name: str) -> Path:
    """A copy of a bundle, beside it, of another version."""
    copy = shutil.copytree(folder, folder.with_name(name))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"model_version": name, "created_at": name}))
    return copy
