"""Bring a running service to the published bundle: ask which one it serves, and let it reload another."""

import json
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

DEADLINE_S = 600.0
"""A reload verifies the bundle and replays its golden requests."""


class ServiceError(Exception):
    """The service cannot be reached, or refused the reload."""


def check_url(url: str) -> str:
    """The URL without a slash at its end; raises ValueError for another than http and https."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"expected a URL such as http://127.0.0.1:8000, given {url!r}")
    return url.rstrip("/")


def serve_published(url: str, bundle: Path, model_version: str, key: str | None) -> str:
    """Let the service at `url` serve the published bundle; "reloaded", or "serves it" if it does already.

    Raises ServiceError.
    """
    if _ask(url, "/v1/model", None, key).get("model_version") == model_version:
        return "serves it"
    served = _ask(url, "/v1/model/reload", {"bundle": bundle.name}, key).get("model_version")
    if served != model_version:
        raise ServiceError(
            f"expected the service to serve {model_version}, given {served}: does it have the same bundles' folder?"
        )
    return "reloaded"


def _ask(url: str, path: str, body: dict[str, str] | None, key: str | None) -> dict[str, object]:
    """The answer of a route, as JSON; a body is posted."""
    headers = {"content-type": "application/json"} | ({} if key is None else {"x-api-key": key})
    data = None if body is None else json.dumps(body).encode()
    request = Request(url + path, data, headers)  # noqa: S310 - check_url allows http and https alone
    try:
        with urlopen(request, timeout=DEADLINE_S) as answer:  # noqa: S310
            found = json.loads(answer.read())
    except HTTPError as error:
        raise ServiceError(
            f"{path} answered {error.code}: {error.read(500).decode(errors='replace')}"
        ) from error
    except (URLError, TimeoutError, OSError, ValueError) as error:
        raise ServiceError(f"expected an answer of {url}{path}, given {error}") from error
    if not isinstance(found, dict):
        raise ServiceError(f"expected an object from {url}{path}, given {type(found).__name__}")
    return found
