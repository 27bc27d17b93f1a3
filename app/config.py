"""Settings of the service: CHORUS_* in the environment, overridden by the command line."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.ranking.budget import CANDIDATES

PREFIX = "CHORUS_"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class ConfigurationError(Exception):
    """A setting has an invalid value; the message has its name, the expected and the given value."""


def _check_redis_url(url: str | None) -> str | None:
    if url is not None and not url.startswith(REDIS_SCHEMES):
        raise ValueError(f"expected a URL that starts with one of {', '.join(REDIS_SCHEMES)}")
    return url


class Settings(BaseSettings):
    """Settings of one deployment of the service."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    bundle_dir: Path = Path("bundles")
    """The folder of bundles, or one bundle."""
    state_dir: Path = Path(".chorus")
    """Folder of the record of the last bundle in use, and of the data of an embedded Redis."""
    redis_url: Annotated[str | None, AfterValidator(_check_redis_url)] = None
    """None: the service starts an embedded Redis server."""
    redis_timeout_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    """The time limit of a read of state. The limit of a write is the same, but at least 2 s."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    api_key: SecretStr | None = None
    """If set, every /v1 endpoint requires it."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 4 << 20
    """The default holds a batch of 10,000 pairs with long ids."""
    max_concurrency: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Requests in progress at once; more get 429."""
    body_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    compute_timeout_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """How long a request waits for a compute thread; then it gets 503."""
    compute_threads: Annotated[int, Field(ge=1, le=64)] = 1
    torch_threads: Annotated[int, Field(ge=1, le=256)] = 1
    candidates: Annotated[int, Field(ge=100, le=10_000)] = CANDIDATES
    """Items scored for one answer; at least the largest limit."""


def read_settings(**overrides: object) -> Settings:
    """The settings of the environment, except for `overrides` that are not None.

    Raises ConfigurationError, which names every bad setting.
    """
    values = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**values)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        problems = [_describe(detail) for detail in error.errors(include_url=False)]
        raise ConfigurationError("; ".join(problems)) from error


def _describe(detail: ErrorDetails) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    value = "a secret" if name == "api_key" else repr(detail["input"])
    return f"{PREFIX}{name.upper()}: expected {message.removeprefix('expected ')}, given {value}"
