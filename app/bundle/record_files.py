"""Read the JSON files of a bundle: items, profiles and user ids."""

from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from app.bundle.array_files import read_archive
from app.bundle.item_lines import ItemLines
from models.contract.bundle import PROFILES, USER_IDS, BundleError
from models.contract.catalogue import Item, User
from models.contract.packed_items import read_packed
from models.contract.records import read_items, read_users
from models.contract.vocabulary import Vocabulary

USER_ID_LIST = TypeAdapter(list[str])


def read_item_table(path: Path) -> list[Item]:
    """The items of a JSON Lines file; raises BundleError with its path."""
    try:
        return read_items(path)
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise BundleError(f"expected an item a line in {path}, given {error}") from error


def open_item_lines(path: Path, packed_path: Path, vocabulary: Vocabulary | None = None) -> ItemLines:
    """The items of a large bundle by their packed columns; raises BundleError with the path of either file.

    They share the strings of their ids with a vocabulary, where there is one.
    """
    packed = read_archive(
        packed_path, "columns of items", lambda found: read_packed(found, path.stat().st_size)
    )
    if vocabulary is not None:
        packed = replace(packed, ids=vocabulary.share(packed.ids))
    try:
        items = ItemLines.open(path, packed)
        first, last = items[0], items[-1]
    except (OSError, ValueError) as error:
        raise BundleError(f"expected an item a line in {path}, given {error}") from error
    if (first.item_id, last.item_id) != (packed.ids[0], packed.ids[-1]):
        raise BundleError(f"expected the items of {packed_path} in {path}, given others")
    return items


def read_profiles(folder: Path) -> dict[str, User]:
    """User id -> profile; raises BundleError with the path of the file."""
    path = folder / PROFILES
    try:
        return {user.user_id: user for user in read_users(path)}
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise BundleError(f"expected a user a line in {path}, given {error}") from error


def read_user_ids(folder: Path) -> list[str]:
    """The user ids of the histories, in their order; raises BundleError with the path of the file."""
    path = folder / USER_IDS
    try:
        return USER_ID_LIST.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected a list of user ids in {path}, given {error}") from error
