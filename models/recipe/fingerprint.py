"""The identity of a training run: the job, the data, and the version of the code."""

import hashlib
from importlib import metadata

from models.training import checkpoint


def identify_run(job: bytes, data: str) -> str:
    """SHA-256 that identifies a training run by the bytes of its job, the data's digest, and the code's version."""
    code = f"{checkpoint.SCHEMA} {package_version()} "
    return hashlib.sha256(code.encode() + job + data.encode()).hexdigest()


def package_version() -> str:
    """The version of the installed package; "source" if it is not installed."""
    try:
        return metadata.version("chorus-recommender")
    except metadata.PackageNotFoundError:
        return "source"
