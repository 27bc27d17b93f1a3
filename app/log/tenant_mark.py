"""The mark of an exported log's folder: its tenant, as a position in one tenant's stream says nothing of another's."""

import json
from pathlib import Path

from app.log.day_file import LogFileError
from models.contract.replaced_file import replace_file

FILE_NAME = "_tenant.json"
"""A job passes over names that begin so."""


def mark_folder(folder: Path, tenant: str) -> None:
    """Mark a folder as that of a tenant, "" for the default one. Raises LogFileError for the folder of another one."""
    path = folder / FILE_NAME
    if not path.exists():
        replace_file(path, json.dumps({"tenant": tenant}).encode())
        return
    try:
        found = json.loads(path.read_bytes())["tenant"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LogFileError(f"expected the mark of an exported log in {path}, given another file") from error
    if found != tenant:
        raise LogFileError(
            f"expected the log of {_name(found)} in {folder}, given {_name(tenant)}: name another folder"
        )


def _name(tenant: str) -> str:
    return f"the tenant {tenant}" if tenant else "keys without a tenant"
