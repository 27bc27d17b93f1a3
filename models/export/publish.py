"""Publish a bundle: write it under a temporary name, verify it, rename it."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from models.contract.arrays import Floats
from models.contract.bundle import (
    FEATURES,
    GOLDEN,
    HISTORIES,
    INDEX,
    ITEM_STATISTICS,
    ITEM_TEXT,
    ITEM_VECTORS,
    ITEMS,
    MANIFEST,
    PREVIOUS,
    PROFILES,
    USER_IDS,
    USER_VECTORS,
    WEIGHTS,
    BundleError,
    Manifest,
    checksum,
    verify,
)
from models.contract.catalogue import Item, User
from models.contract.events import EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.histories import write_histories
from models.contract.records import GoldenRequests, write_items, write_users
from models.export.index import write_index
from models.export.target import check_target
from models.network.model import ChorusNetwork


@dataclass(frozen=True, slots=True)
class Contents:
    """The content of a bundle, without the manifest."""

    spec: FeatureSpec
    network: ChorusNetwork
    items: tuple[Item, ...]
    users: tuple[User, ...]
    histories: EventColumns
    golden: GoldenRequests
    arrays: Mapping[str, Floats]  # file name -> array: ITEM_TEXT, ITEM_VECTORS, ITEM_STATISTICS, USER_VECTORS
    pages: Mapping[str, str]  # file name -> text: the report


CheckBundle = Callable[[Path], None]
"""Raises BundleError if the service would not accept the bundle in the folder."""


def publish(
    folder: Path,
    contents: Contents,
    manifest_of: Callable[[Mapping[str, str]], Manifest],
    check_bundle: CheckBundle | None = None,
) -> Manifest:
    """Write a bundle to `folder`; an existing bundle is renamed to `<folder>.previous`. Returns the manifest.

    `manifest_of` builds the manifest from the files' checksums. `check_bundle` is called on the complete bundle before
    the rename; if it raises BundleError, nothing is published. Raises ValueError if `folder` or
    `<folder>.previous` holds something other than a bundle, or if a number is not finite.
    """
    check_target(folder)
    check_finite(contents)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.writing")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    _write(temporary, contents)
    files = {path.name: checksum(path) for path in sorted(temporary.iterdir())}
    manifest = manifest_of(files)
    (temporary / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    verify(temporary)
    if check_bundle is not None:
        try:
            check_bundle(temporary)
        except BundleError:
            shutil.rmtree(temporary)
            raise
    previous = folder.with_name(folder.name + PREVIOUS)
    if folder.exists():
        shutil.rmtree(previous, ignore_errors=True)
        folder.rename(previous)
    temporary.rename(folder)
    return manifest


def check_finite(contents: Contents) -> None:
    """Raise ValueError if a vector, a statistic or a golden logit is NaN or infinite."""
    logits = [
        np.asarray(rows, dtype=np.float32).ravel()
        for request in contents.golden.requests
        for rows in request.logits.values()
    ]
    numbers = {GOLDEN: np.concatenate(logits)} if logits else {}
    for name, array in {**contents.arrays, **numbers}.items():
        count = int(array.size - np.isfinite(array).sum())
        if count:
            raise ValueError(f"expected finite numbers in {name}, given {count} that are not")


def _write(folder: Path, contents: Contents) -> None:
    """Write all files of the bundle except the manifest."""
    (folder / FEATURES).write_text(contents.spec.model_dump_json(), encoding="utf-8")
    save_file({k: v.contiguous() for k, v in contents.network.cpu().state_dict().items()}, folder / WEIGHTS)
    write_items(folder / ITEMS, contents.items)
    write_users(folder / PROFILES, contents.users)
    (folder / USER_IDS).write_text(json.dumps([user.user_id for user in contents.users]), encoding="utf-8")
    for name in (ITEM_TEXT, ITEM_VECTORS, ITEM_STATISTICS, USER_VECTORS):
        np.save(folder / name, contents.arrays[name])
    write_index(folder / INDEX, contents.arrays[ITEM_VECTORS])
    write_histories(folder / HISTORIES, contents.histories)
    (folder / GOLDEN).write_text(contents.golden.model_dump_json(), encoding="utf-8")
    for name, page in contents.pages.items():
        (folder / name).write_text(page, encoding="utf-8")
