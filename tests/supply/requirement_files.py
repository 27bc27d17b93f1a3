"""The dependencies of pyproject.toml and the pins of the locks in requirements/."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.structure import ROOT

FOLDER = ROOT / "requirements"
# Lock -> the extras of pyproject.toml that it covers beside the dependencies of serving.
# The first one leads: the others take its versions.
EXTRAS: dict[str, tuple[str, ...]] = {
    "dev": ("train", "dev"),
    "serve": (),
    "train": ("train",),
    "audit": ("audit",),
}


@dataclass(frozen=True, slots=True)
class Pin:
    """One requirement of a lock: its exact version, and the SHA-256 digests of the files that may be installed."""

    version: str
    hashes: tuple[str, ...]


def lock_path(name: str) -> Path:
    """The file of a lock."""
    return FOLDER / f"{name}.lock"


def pins(text: str) -> dict[str, Pin]:
    """Canonical name -> pin of each requirement of a lock; raises ValueError for a line without an exact version."""
    found: dict[str, Pin] = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement, *options = re.split(r"\s+--hash=", line.partition(" #")[0].strip())
        given = Requirement(requirement)
        version = re.fullmatch(r"==([^=*,]+)", str(given.specifier))
        if version is None:
            raise ValueError(f"expected NAME==VERSION, given {requirement!r}")
        found[canonicalize_name(given.name)] = Pin(version[1], tuple(options))
    return found


def dependencies(*extras: str) -> list[Requirement]:
    """The direct dependencies of serving and of extras, as pyproject.toml states them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [
        *project["dependencies"],
        *(text for extra in extras for text in project["optional-dependencies"][extra]),
    ]
    return [Requirement(text) for text in texts]
