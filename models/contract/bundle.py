"""The bundle: file names, manifest, checksums, and reading both with verification."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.contract.calibration import Calibration
from models.contract.feature_spec import FeatureSpec
from models.contract.fusion import Fusion
from models.contract.tasks import Head

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
FEATURES = "features.json"  # FeatureSpec
WEIGHTS = "weights.safetensors"
ITEMS = "items.jsonl"  # one Item a line, in catalogue order
ITEM_TEXT = "item_text.npy"  # float32 [n, text_size]
ITEM_VECTORS = "item_vectors.npy"  # float32 [n, D + 1]: the vectors in the index; the last column is the bias
ITEM_STATISTICS = "item_statistics.npy"  # float32 [n, 3]
USER_IDS = "user_ids.json"
USER_VECTORS = "user_vectors.npy"  # float32 [U, D + 1]: retrieval vectors, which the service must reproduce
PROFILES = "profiles.jsonl"  # one User a line
HISTORIES = "histories.npz"  # the training events of every user
INDEX = "index.faiss"
GOLDEN = "golden.json"  # requests with the offline network's logits
REPORT = "report.json"
REPORT_PAGE = "report.html"
PREVIOUS = ".previous"
"""Suffix of the folder that keeps the replaced bundle: a service can fall back to it."""

REJECTED = ".rejected"
"""Suffix of the folder for a bundle that the promotion gate rejected."""


class BundleError(Exception):
    """A bundle is missing, incomplete, damaged, or of another schema version."""


class Manifest(BaseModel):
    """A bundle's description: network, heads, fitted scales, and the checksum of every file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    model_version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")
    created_at: str
    job: str
    """The job's name."""
    network: dict[str, Any]
    """The fields of models.network.config.NetworkConfig, validated there."""
    heads: tuple[Head, ...]
    calibrations: dict[str, Calibration]
    fusion: Fusion
    scenes: dict[str, dict[str, float]] = {}
    available: str | None = None
    """The condition over an item's fields without which it is not recommended; None: no condition."""
    text_encoder: str | None = None
    """Registered name of the text encoder that made the text vectors; None without text."""
    features_digest: str
    statistics_at: float
    """Time (Unix seconds, or order) of the item statistics: no later interaction is in them."""
    summary: dict[str, float] = {}
    """The headline figures of the evaluation."""
    files: dict[str, str]
    """File name -> SHA-256."""


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read a bundle's manifest; raises BundleError if it is missing, malformed or of another schema version."""
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BundleError(
            f"expected a bundle with a readable {MANIFEST} at {folder}, given {error}"
        ) from error
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if version != SCHEMA_VERSION:
        raise BundleError(f"expected schema_version {SCHEMA_VERSION} in {path}, given {version!r}")
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        raise BundleError(f"expected a valid manifest at {path}, given {error}") from error


def verify(folder: Path) -> Manifest:
    """Check that every file exists with its checksum, and return the manifest; raises BundleError otherwise."""
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"expected the file {name} in {folder}, given none")
        if (given := checksum(path)) != expected:
            raise BundleError(f"expected {name} with checksum {expected[:12]}, given {given[:12]}")
    return manifest


def read_features(folder: Path, manifest: Manifest) -> FeatureSpec:
    """Read the feature specification; raises BundleError if it is invalid or differs from the manifest's digest."""
    try:
        spec = FeatureSpec.model_validate_json((folder / FEATURES).read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected a valid {FEATURES} in {folder}, given {error}") from error
    if spec.digest() != manifest.features_digest:
        raise BundleError(f"expected features {manifest.features_digest[:12]}, given {spec.digest()[:12]}")
    return spec
