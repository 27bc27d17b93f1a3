"""Publish a bundle: write it under a temporary name, seal it, verify it, rename it."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from models.contract.arrays import Floats
from models.contract.bundle import (
    CONTENT_LINKS,
    FEATURES,
    GOLDEN,
    HISTORIES,
    INDEX,
    ITEM_TEXT,
    ITEM_VECTORS,
    ITEMS,
    LINKS,
    PACKED_ITEMS,
    PREVIOUS,
    PROFILES,
    TEXT_INDEX,
    TEXT_SEARCH,
    USER_IDS,
    WEIGHTS,
    Manifest,
    checksum,
    verify,
    write_manifest,
)
from models.contract.catalogue import Item, User
from models.contract.content_links import ContentLinks, write_content
from models.contract.events import EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.histories import write_histories
from models.contract.item_links import ItemLinks, write_links
from models.contract.manifest_seal import BundleKey
from models.contract.records import GoldenRequests, write_items, write_users
from models.contract.replaced_file import name_temporary
from models.export.index import write_index
from models.export.packed_items import write_columns
from models.export.target import check_target
from models.export.text_index import write_text_index
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
    arrays: Mapping[str, Floats]  # file name -> array: the item table, the user vectors, the whitening
    pages: Mapping[str, str]  # file name -> text: the report
    links: ItemLinks | None = None
    content: ContentLinks | None = None


CheckBundle = Callable[[Path], None]
"""Raises BundleError if the service would not accept the bundle in the folder."""


def publish(
    folder: Path,
    contents: Contents,
    manifest_of: Callable[[Mapping[str, str]], Manifest],
    check_bundle: CheckBundle | None = None,
    key: BundleKey | None = None,
) -> Manifest:
    """Write a bundle to `folder`; an existing bundle is renamed to `<folder>.previous`. Returns the manifest.

    `manifest_of` builds the manifest from the files' checksums. `check_bundle` is called on the complete bundle before
    the rename; if it raises BundleError, nothing is published. With a key the bundle is signed. Raises ValueError if
    `folder` or `<folder>.previous` holds something other than a bundle, or if a number is not finite.
    """
    check_target(folder)
    check_finite(contents)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = name_temporary(folder)
    try:
        temporary.mkdir()
        _write(temporary, contents)
        manifest = manifest_of({path.name: checksum(path) for path in sorted(temporary.iterdir())})
        write_manifest(temporary, manifest, key)
        verify(temporary, key)
        if check_bundle is not None:
            check_bundle(temporary)
        _replace_bundle(folder, temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return manifest


def _replace_bundle(folder: Path, new: Path) -> None:
    """Rename the folder `new` to `folder`, and a bundle that is there to `<folder>.previous`."""
    if folder.exists():
        previous = folder.with_name(folder.name + PREVIOUS)
        shutil.rmtree(previous, ignore_errors=True)
        folder.rename(previous)
    new.rename(folder)


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
    """Write all files of the bundle except the manifest, all with the mode that the umask gives."""
    (folder / FEATURES).write_text(contents.spec.model_dump_json(), encoding="utf-8")
    save_file({k: v.contiguous() for k, v in contents.network.cpu().state_dict().items()}, folder / WEIGHTS)
    write_items(folder / ITEMS, contents.items)
    write_columns(folder / PACKED_ITEMS, folder / ITEMS, contents.spec, contents.items)
    write_users(folder / PROFILES, contents.users)
    (folder / USER_IDS).write_text(json.dumps([user.user_id for user in contents.users]), encoding="utf-8")
    for name, array in contents.arrays.items():
        np.save(folder / name, array)
    write_index(folder / INDEX, contents.arrays[ITEM_VECTORS])
    write_text_index(folder / TEXT_INDEX, folder / TEXT_SEARCH, contents.arrays[ITEM_TEXT])
    write_histories(folder / HISTORIES, contents.histories)
    (folder / GOLDEN).write_text(contents.golden.model_dump_json(), encoding="utf-8")
    if contents.links is not None:
        write_links(folder / LINKS, contents.links)
    if contents.content is not None:
        write_content(folder / CONTENT_LINKS, contents.content)
    for name, page in contents.pages.items():
        (folder / name).write_text(page, encoding="utf-8")
    (folder / WEIGHTS).chmod(
        (folder / FEATURES).stat().st_mode & 0o777
    )  # safetensors writes it for the owner alone
