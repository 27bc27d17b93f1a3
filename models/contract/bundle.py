"""The bundle: a folder that says what it is, and proves that it is whole."""

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
ITEM_VECTORS = "item_vectors.npy"  # float32 [n, D + 1]: what the index holds; the last column is the bias
ITEM_STATISTICS = "item_statistics.npy"  # float32 [n, 3]
USER_IDS = "user_ids.json"
USER_VECTORS = (
    "user_vectors.npy"  # float32 [users, D + 1]: retrieval vectors, which the service must reproduce
)
PROFILES = "profiles.jsonl"  # one User a line
HISTORIES = "histories.npz"  # the training events of every user
INDEX = "index.faiss"
GOLDEN = "golden.json"  # requests with the logits that the offline network gave
REPORT = "report.json"
REPORT_PAGE = "report.html"
PREVIOUS = ".previous"
"""Publishing over a bundle keeps the old one beside it, under this ending: a service can fall back to it."""

REJECTED = ".rejected"
"""A bundle that the promotion gate refused is written beside the published one, under this ending."""


class BundleError(Exception):
    """A bundle that is not there, not whole, or not of this version."""


class Manifest(BaseModel):
    """What a bundle says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    model_version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")
    created_at: str
    job: str
    """The job's name."""
    network: dict[str, Any]
    """models.network's configuration, which that room validates."""
    heads: tuple[Head, ...]
    calibrations: dict[str, Calibration]
    fusion: Fusion
    scenes: dict[str, dict[str, float]] = {}
    text_encoder: str | None = None
    """The language model that made the text vectors, by its registered name."""
    features_digest: str
    statistics_at: float
    """The moment (Unix seconds, or order) up to which the bundle knows interactions."""
    summary: dict[str, float] = {}
    """The evaluation's headline figures."""
    files: dict[str, str]
    """File name -> SHA-256."""


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """A bundle's manifest; raises BundleError where it is missing, malformed or of another schema version."""
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
    """The manifest of a bundle whose files are all there and unchanged; raises BundleError otherwise."""
    manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"expected the file {name} in {folder}, given none")
        if (given := checksum(path)) != expected:
            raise BundleError(f"expected {name} with checksum {expected[:12]}, given {given[:12]}")
    return manifest


def read_features(folder: Path, manifest: Manifest) -> FeatureSpec:
    """The bundle's feature specification; raises BundleError where it is not the manifest's."""
    try:
        spec = FeatureSpec.model_validate_json((folder / FEATURES).read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected a valid {FEATURES} in {folder}, given {error}") from error
    if spec.digest() != manifest.features_digest:
        raise BundleError(f"expected features {manifest.features_digest[:12]}, given {spec.digest()[:12]}")
    return spec
