"""The bundle: file names, manifest, checksums, and reading both with verification."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.contract import manifest_seal
from models.contract.bundle_files import find_fault, is_plain
from models.contract.calibration import Calibration
from models.contract.feature_spec import FeatureSpec
from models.contract.fusion import Fusion
from models.contract.item_links import LinkGains
from models.contract.manifest_seal import BundleKey, SealedManifest
from models.contract.recency import RecencyGains
from models.contract.tasks import NEXT, Head

SCHEMA_VERSION = 4
MANIFEST = manifest_seal.MANIFEST
FEATURES = "features.json"  # FeatureSpec
WEIGHTS = "weights.safetensors"
ITEMS = "items.jsonl"  # one Item a line, in catalogue order
ITEM_TEXT = "item_text.npy"  # float32 [n, text_size]
ITEM_VECTORS = "item_vectors.npy"  # float32 [n, D + 2]: rows of the item table, those of the index
ITEM_STATISTICS = "item_statistics.npy"  # float32 [n, S + A]
PACKED_ITEMS = "packed_items.npz"  # models.contract.packed_items; absent for a small catalogue
USER_IDS = "user_ids.json"
USER_VECTORS = "user_vectors.npy"  # float32 [U, D + 2]: retrieval vectors, which the service must reproduce
PROFILES = "profiles.jsonl"  # one User a line
HISTORIES = "histories.npz"  # the training events of every user
INDEX = "index.faiss"
TEXT_INDEX = "text_index.faiss"  # over the text vectors; absent for a small catalogue
TEXT_SEARCH = "text_search.npz"  # models.contract.text_search, with TEXT_INDEX
LINKS = "item_links.npz"  # the tables of models.contract.item_links; absent without links
WHITENING = "text_whitening.npy"  # float32 [T + 1, T] of models.language.whitening; absent without it
TEXT_ENCODER = "text_encoder.json"  # models.contract.encoder_card.EncoderCard; absent without texts
CONTENT_LINKS = "content_links.npz"  # models.contract.content_links; absent without
GOLDEN = "golden.json"  # requests with the offline network's logits
REPORT = "report.json"
REPORT_PAGE = "report.html"
PREVIOUS = ".previous"
"""Suffix of the folder that keeps the replaced bundle: a service can fall back to it."""

REJECTED = ".rejected"
"""Suffix of the folder for a bundle that the promotion gate rejected."""

REQUIRED = frozenset(
    {
        FEATURES,
        WEIGHTS,
        ITEMS,
        ITEM_TEXT,  # without text an array of width 0
        ITEM_VECTORS,
        ITEM_STATISTICS,
        USER_IDS,
        PROFILES,
        HISTORIES,
        GOLDEN,
    }
)
"""The files that every bundle has."""

SEAL = (MANIFEST, manifest_seal.DIGEST, manifest_seal.SIGNATURE)
"""The files that describe the others."""


class BundleError(Exception):
    """A bundle is missing, incomplete, damaged, or of another schema version."""


def _check_files(files: dict[str, str]) -> dict[str, str]:
    if odd := sorted(name for name in files if not is_plain(name) or name in SEAL):
        raise ValueError(f"expected plain names of files in the folder, given {ascii(odd[0])[:80]}")
    if missing := sorted(REQUIRED - files.keys()):
        raise ValueError(f"expected every required file, given none of {', '.join(missing)}")
    return files


class DefaultDiversity(BaseModel):
    """How a list is diversified where the request does not say: a method of models.ranking, and its strength."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    method: str = "mmr"
    strength: float = Field(default=0.3, ge=0, le=1)


class Manifest(BaseModel):
    """A bundle's description: network, heads, fitted scales, and the checksum of every file."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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
    recency: RecencyGains
    """The weight of recent popularity in the `next` logits, fitted on validation."""
    links: LinkGains | None = None
    """The gains of the item links; None: no links."""
    diversity: DefaultDiversity
    """Fitted on validation lists (models.export.diversity)."""
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
    files: Annotated[
        dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]], AfterValidator(_check_files)
    ]
    """File name -> SHA-256."""

    @model_validator(mode="after")
    def check_names(self) -> Self:
        """Check that heads have different names, and that scales and weights are of these heads or `next`."""
        names = [NEXT, *(head.task.name for head in self.heads)]
        if len(set(names)) < len(names):
            raise ValueError(f"expected heads of different names, given {', '.join(names)}")
        scales: dict[str, Mapping[str, object]] = {
            "calibrations of known heads": self.calibrations,
            "utilities of known heads": self.fusion.utilities,
            "weights of known heads in the fusion": self.fusion.weights,
            **{f"weights of known heads in {scene}": weights for scene, weights in self.scenes.items()},
        }
        for expected, values in scales.items():
            if unknown := sorted(values.keys() - set(names)):
                raise ValueError(f"expected {expected}, given {', '.join(unknown)}")
        if (self.links is None) != (LINKS not in self.files):
            raise ValueError(f"expected {LINKS} and the gains of links together, given one of them")
        if (TEXT_INDEX in self.files) != (TEXT_SEARCH in self.files):
            raise ValueError(f"expected {TEXT_INDEX} and {TEXT_SEARCH} together, given one of them")
        has_content = self.links is not None and self.links.content > 0
        if has_content != (CONTENT_LINKS in self.files):
            raise ValueError(
                f"expected {CONTENT_LINKS} and a gain of content links together, given one of them"
            )
        return self


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_manifest(folder: Path, manifest: Manifest, key: BundleKey | None = None) -> None:
    """Write the manifest and its digest and, with a key, its signature."""
    content = manifest.model_dump_json(indent=1).encode()
    (folder / MANIFEST).write_bytes(content)
    manifest_seal.write_seal(folder, content, key)


def read_manifest(folder: Path, key: BundleKey | None = None) -> Manifest:
    """Read a bundle's manifest as it was published and, with a key, signed.

    Raises BundleError if it is missing, malformed, changed or of another schema version.
    """
    sealed = read_sealed(folder)
    _check_schema(sealed.content, folder)
    fault = manifest_seal.find_digest_fault(sealed, folder)
    if fault is None and key is not None:
        fault = manifest_seal.find_signature_fault(sealed, folder, key)
    if fault is not None:
        raise BundleError(fault)
    return parse_manifest(sealed.content, folder)


def read_sealed(folder: Path) -> SealedManifest:
    """Read the bytes of a manifest and of its seal, unchecked; raises BundleError if there is no such file."""
    try:
        return manifest_seal.read_sealed(folder)
    except OSError as error:
        raise BundleError(
            f"expected a bundle with a readable {MANIFEST} at {folder}, given {error}"
        ) from error


def parse_manifest(content: bytes, folder: Path) -> Manifest:
    """The manifest in the bytes of its file; raises BundleError. Types are strict: `true` is not 1."""
    _check_schema(content, folder)
    try:
        return Manifest.model_validate_json(content, strict=True)
    except ValidationError as error:
        raise BundleError(
            f"expected a valid manifest at {folder / MANIFEST}, given {_describe(error)}"
        ) from error


def _check_schema(content: bytes, folder: Path) -> None:
    """Raises BundleError unless the content is JSON of this schema version."""
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BundleError(
            f"expected a bundle with a readable {MANIFEST} at {folder}, given {error}"
        ) from error
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if type(version) is not int or version != SCHEMA_VERSION:
        raise BundleError(
            f"expected schema_version {SCHEMA_VERSION} in {folder / MANIFEST}, given {version!r}"
        )


def _describe(error: ValidationError) -> str:
    """The first fault of a manifest, with its place, in one line."""
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"]))
    message = fault["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def verify(folder: Path, key: BundleKey | None = None) -> Manifest:
    """Check the manifest and that every file exists with its checksum, and return the manifest.

    Raises BundleError otherwise, and OSError for a file that cannot be read.
    """
    manifest = read_manifest(folder, key)
    verify_files(folder, manifest)
    return manifest


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Check that every file of the manifest is a regular one in the folder with its checksum; raises BundleError."""
    for name in manifest.files:
        if given := find_fault(folder / name):
            raise BundleError(f"expected the file {name} in {folder}, given {given}")
    for name, expected in manifest.files.items():
        if (given := checksum(folder / name)) != expected:
            raise BundleError(f"expected {name} with checksum {expected[:12]}, given {given[:12]}")


def read_features(folder: Path, manifest: Manifest) -> FeatureSpec:
    """Read the feature specification; raises BundleError if it is invalid or differs from the manifest's digest."""
    try:
        spec = FeatureSpec.model_validate_json((folder / FEATURES).read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected a valid {FEATURES} in {folder}, given {error}") from error
    if spec.digest() != manifest.features_digest:
        raise BundleError(f"expected features {manifest.features_digest[:12]}, given {spec.digest()[:12]}")
    return spec
