"""The service's settings: CHORUS_* in the environment, or given by the command line."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CHORUS_"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class ConfigurationError(Exception):
    """A setting that cannot be used; the message names it, what was expected and what was given."""


def _redis_url(given: str | None) -> str | None:
    if given is not None and not given.startswith(REDIS_SCHEMES):
        raise ValueError(f"expected a URL that starts with one of {', '.join(REDIS_SCHEMES)}")
    return given


class Settings(BaseSettings):
    """Everything that may differ between two places where the service runs."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    bundle_dir: Path = Path("bundles")
    """The folder of bundles, or one bundle."""
    state_dir: Path = Path(".chorus")
    """Where the service remembers its last good bundle and an embedded Redis keeps its data."""
    redis_url: Annotated[str | None, AfterValidator(_redis_url)] = None
    """None: an embedded real server is started."""
    redis_timeout_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    """The longest that a read of state may take; a write may take as long, and never less than 2 s."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    api_key: SecretStr | None = None
    """When set, every /v1 endpoint needs it."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 4 << 20
    """10,000 pairs of a batch with long ids fit."""
    max_concurrency: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Requests in work at once; more get 429."""
    body_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    compute_timeout_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """The longest that a request waits for a compute thread; then 503."""
    compute_threads: Annotated[int, Field(ge=1, le=64)] = 1
    torch_threads: Annotated[int, Field(ge=1, le=256)] = 1
    candidates: Annotated[int, Field(ge=100, le=10_000)] = 300
    """Items scored for one answer; at least the largest limit."""


def read_settings(**given: object) -> Settings:
    """Settings of the environment, with `given` above them (None: not given); names every bad one.

    Raises ConfigurationError.
    """
    overrides = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors(include_url=False)]
        raise ConfigurationError("; ".join(problems)) from error


def _problem(detail: ErrorDetails) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    given = "a secret" if name == "api_key" else repr(detail["input"])
    return f"{PREFIX}{name.upper()}: expected {message.removeprefix('expected ')}, given {given}"
