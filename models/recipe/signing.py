"""Sign a published bundle: verify it, then write the digest and the signature of its manifest."""

from pathlib import Path

from models.contract.bundle import BundleError, parse_manifest, read_sealed, verify_files
from models.contract.manifest_seal import (
    KEY_SETTING,
    BundleKey,
    find_digest_fault,
    find_signature_fault,
    write_seal,
)
from models.recipe.folder_lock import bundle_lock, hold_lock


def sign_bundle(folder: Path, key: BundleKey | None) -> str:
    """Verify a bundle and seal its manifest; returns one line that says what was written.

    A bundle without a digest gets one. With a key it is signed; a signature of another key is replaced. Raises
    BundleError for a bundle that is damaged or was edited, FolderInUseError, OSError.
    """
    if not folder.is_dir():
        raise BundleError(f"expected a bundle at {folder}, given no folder")
    with hold_lock(bundle_lock(folder), folder):
        sealed = read_sealed(folder)
        is_new = sealed.digest is None
        if not is_new and (fault := find_digest_fault(sealed, folder)):
            raise BundleError(fault)
        manifest = parse_manifest(sealed.content, folder)
        verify_files(folder, manifest)
        is_signed = key is not None and find_signature_fault(sealed, folder, key) is None
        if is_new or not is_signed:
            write_seal(folder, sealed.content, key)
    return f"{folder}: {manifest.model_version} {_describe(is_new, is_signed, key)}"


def _describe(is_new: bool, is_signed: bool, key: BundleKey | None) -> str:
    if key is None:
        done = "has a digest now" if is_new else "has a right digest already"
        return f"{done}; it is not signed, as {KEY_SETTING} is not set"
    return f"was signed with {KEY_SETTING} already" if is_signed else f"is signed with {KEY_SETTING} now"
