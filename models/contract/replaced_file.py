"""Replace a file at once: readers see the old content or the new one, never a part."""

import secrets
from glob import escape
from pathlib import Path

TOKEN_BYTES = 4


def name_temporary(path: Path) -> Path:
    """A hidden name beside `path` that no other process uses, to be renamed to `path`."""
    return path.with_name(f".{path.name}.{secrets.token_hex(TOKEN_BYTES)}.writing")


def list_temporaries(path: Path) -> list[Path]:
    """Everything beside `path` with a name of `name_temporary`, in use or left by a process that was killed."""
    return sorted(path.parent.glob(f".{escape(path.name)}.{'[0-9a-f]' * 2 * TOKEN_BYTES}.writing"))


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` under a temporary name and rename it to `path`; raises OSError, and then `path` is unchanged."""
    temporary = name_temporary(path)
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
