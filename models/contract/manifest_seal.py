"""The seal of a manifest: its SHA-256 and, with a key, its HMAC-SHA256 (RFC 2104), each in a file beside it.

The manifest has the checksums of the other files, so the seal covers the whole bundle. A digest shows damage; a
signature also shows who published the bundle: someone who has the key.
"""

import errno
import hashlib
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from models.contract.replaced_file import replace_file

MANIFEST = "manifest.json"
DIGEST = "manifest.sha256"
"""In the format of `sha256sum`, which can check it."""

SIGNATURE = "manifest.hmac"
"""The output of `openssl dgst -sha256 -hmac KEY -r manifest.json`, up to the first blank."""

KEY_SETTING = "CHORUS_BUNDLE_KEY"


@dataclass(frozen=True, slots=True)
class BundleKey:
    """The key that signs bundles. Its secret is not part of its text form."""

    secret: bytes = field(repr=False)

    def sign(self, content: bytes) -> str:
        """HMAC-SHA256 of `content`, in hexadecimal."""
        return hmac.new(self.secret, content, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class SealedManifest:
    """The bytes of a manifest and of its seal; None for a file that does not exist."""

    content: bytes
    digest: bytes | None
    signature: bytes | None


def read_sealed(folder: Path) -> SealedManifest:
    """Read a manifest with its seal; raises OSError if the manifest does not exist or a file is not a regular one.

    All are read from one open folder, so that a bundle published meanwhile cannot mix with this one.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        content, digest, signature = (_read(descriptor, name) for name in (MANIFEST, DIGEST, SIGNATURE))
    finally:
        os.close(descriptor)
    if content is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder / MANIFEST))
    return SealedManifest(content, digest, signature)


def find_digest_fault(sealed: SealedManifest, folder: Path) -> str | None:
    """Why the digest does not show that the manifest is the published one; None if it does."""
    if sealed.digest is None:
        return (
            f"expected {DIGEST} beside {MANIFEST} in {folder}, given none, as in bundles of earlier versions: "
            f"`chorus sign {folder}` verifies the bundle and adds it"
        )
    if not hmac.compare_digest(sealed.digest, _render_digest(sealed.content)):
        return (
            f"expected {MANIFEST} in {folder} as it was published, given one that does not fit {DIGEST}: "
            "it was edited or damaged; restore it, or train again"
        )
    return None


def find_signature_fault(sealed: SealedManifest, folder: Path, key: BundleKey) -> str | None:
    """Why the signature does not show that an owner of `key` published the manifest; None if it does."""
    if sealed.signature is None:
        return (
            f"expected a bundle signed with {KEY_SETTING} in {folder}, given no {SIGNATURE}: "
            f"`chorus sign {folder}` signs a bundle that you trust"
        )
    if not hmac.compare_digest(sealed.signature, _render_signature(sealed.content, key)):
        return (
            f"expected a bundle signed with {KEY_SETTING} in {folder}, given another signature in {SIGNATURE}: "
            "it was signed with another key, or changed"
        )
    return None


def write_seal(folder: Path, content: bytes, key: BundleKey | None) -> None:
    """Write the digest of the manifest's `content` and, with a key, the signature. Raises OSError."""
    replace_file(folder / DIGEST, _render_digest(content))
    if key is not None:
        replace_file(folder / SIGNATURE, _render_signature(content, key))


def _render_digest(content: bytes) -> bytes:
    return f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode()


def _render_signature(content: bytes, key: BundleKey) -> bytes:
    return f"{key.sign(content)}\n".encode()


def _read(folder: int, name: str) -> bytes | None:
    """The content of a regular file in an open folder; None if there is none. Raises OSError for anything else."""
    try:
        # O_NONBLOCK: opening a named pipe would wait for a writer
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "a symbolic link", name) from error
        raise
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "something other than a file", name)
        return stream.read()
