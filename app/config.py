"""Settings of the service: CHORUS_* in the environment, overridden by the command line."""

import re
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.chat_settings import check_chat_reasons, check_chat_url
from app.new_item_shares import DEFAULT as DEFAULT_SHARES
from app.new_item_shares import SceneShare, parse_scene_share
from app.path_prefix import parse_root_path
from app.scene_exploration import SceneExploration, parse_scene_exploration
from app.scenes import check_scenes
from app.state.pseudonyms import Pseudonyms
from app.state.state_keys import StateKeys
from models.contract.manifest_seal import BundleKey
from models.ranking.budget import CANDIDATES

PREFIX = "CHORUS_"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
SECRETS = frozenset(
    {"api_key", "publishable_keys", "bundle_key", "pseudonym_key", "state_key", "state_keys_old", "chat_key"}
)
LEAST_KEY = 32
"""Characters of a key that signs bundles, names users or seals values: 128 bits in hexadecimal."""
ANY_ORIGIN = "*"
MAX_RATE = 1_000_000
"""Largest limit of a second, which the arithmetic of limits counts without loss."""

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.ASCII)
_KEY = re.compile(r"[!-~]([ -~]*[!-~])?", re.ASCII)


class ConfigurationError(Exception):
    """A setting has an invalid value; the message has its name, the expected and the given value."""


def check_redis_url(url: str) -> str:
    """The URL. Raises ValueError for one of another scheme."""
    if not url.startswith(REDIS_SCHEMES):
        raise ValueError(f"expected a URL that starts with one of {', '.join(REDIS_SCHEMES)}")
    return url


def _split(value: object) -> object:
    """The parts of a text between commas; other values as they are."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_key(key: SecretStr | None) -> SecretStr | None:
    """HTTP headers carry other characters differently from client to client, so such a key would never match."""
    if key is not None and not _KEY.fullmatch(key.get_secret_value()):
        raise ValueError("expected printable ASCII characters without blanks at the ends")
    return key


def _check_long_key(key: SecretStr | None) -> SecretStr | None:
    if key is not None and len(key.get_secret_value()) < LEAST_KEY:
        raise ValueError(f"expected at least {LEAST_KEY} characters, such as `openssl rand -hex 32` prints")
    return _check_key(key)


def _check_state_key(key: SecretStr | None) -> SecretStr | None:
    if key is not None and "," in key.get_secret_value():
        raise ValueError(f"expected no comma, which parts the keys of {PREFIX}STATE_KEYS_OLD")
    return _check_long_key(key)


def _check_state_keys_old(keys: tuple[SecretStr, ...], info: ValidationInfo) -> tuple[SecretStr, ...]:
    if keys and info.data.get("state_key") is None:
        raise ValueError(f"expected {PREFIX}STATE_KEY beside it, under which new values are encrypted")
    return keys


def _check_publishable(keys: tuple[SecretStr, ...], info: ValidationInfo) -> tuple[SecretStr, ...]:
    """Without another key everything is open, and a key with two roles would open everything."""
    secret = info.data.get("api_key")
    if keys and secret is None and info.data.get("keys_file") is None:
        raise ValueError(
            "expected CHORUS_API_KEY or CHORUS_KEYS_FILE beside it, as without it everything is open"
        )
    if secret in keys:
        raise ValueError("expected keys other than CHORUS_API_KEY")
    return keys


def _check_origin(origin: str) -> str:
    if origin != ANY_ORIGIN and not _ORIGIN.fullmatch(origin):
        raise ValueError(
            "expected an origin such as https://shop.example without a path, in lower case, or *"
        )
    return origin


def _check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if ANY_ORIGIN in origins and len(origins) > 1:
        raise ValueError("expected * alone")
    return origins


Listed = BeforeValidator(_split)
"""A list in the environment: parts between commas."""


class Settings(BaseSettings):
    """Settings of one deployment of the service."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    bundle_dir: Path = Path("bundles")
    """The folder of bundles, or one bundle."""
    bundle_key: Annotated[SecretStr | None, AfterValidator(_check_long_key)] = None
    """The key that signs bundles. If set, a bundle without its signature is refused."""
    extra_bundles: Annotated[int, Field(ge=0, le=8)] = 1
    """Bundles that experiments may name beside the one in use, each with memory of its own."""
    pseudonym_key: Annotated[SecretStr | None, AfterValidator(_check_long_key)] = None
    """If set, Redis, the audit and answers name stored users by keyed hashes of their ids."""
    state_key: Annotated[SecretStr | None, AfterValidator(_check_state_key)] = None
    """If set, users' events and profiles are encrypted in Redis."""
    state_keys_old: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_check_long_key)], ...],
        NoDecode,
        Listed,
        AfterValidator(_check_state_keys_old),
    ] = ()
    """Keys under which stored values can still be read."""
    state_dir: Path = Path(".chorus")
    """Folder of the record of the last bundle in use, and of the data of an embedded Redis."""
    redis_url: Annotated[str, AfterValidator(check_redis_url)] | None = None
    """None: the service starts an embedded Redis server."""
    redis_timeout_s: Annotated[float, Field(gt=0, le=60)] = 0.5
    """The time limit of a read of state. The limit of a write is the same, but at least 2 s."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    root_path: Annotated[str | None, AfterValidator(parse_root_path)] = None
    """The prefix of the public paths, which a proxy strips."""
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, Listed] = (
        IPv4Network("127.0.0.0/8"),
        IPv6Network("::1"),
    )
    """The addresses of proxies whose X-Forwarded-Prefix counts."""
    api_key: Annotated[SecretStr | None, AfterValidator(_check_key)] = None
    """A key of the role admin. If set, every /v1 endpoint and the pages about the service require a key."""
    keys_file: Path | None = None
    """The file of keys with roles. If set, a key is required. None: keys with roles are in Redis."""
    publishable_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_check_key)], ...],
        NoDecode,
        Listed,
        AfterValidator(_check_publishable),
    ] = ()
    """Keys for web pages, which may recommend and send events."""
    open_paths: Annotated[tuple[Literal["/docs", "/openapi.json", "/metrics"], ...], NoDecode, Listed] = ()
    """Pages that need no key."""
    wrong_keys_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 10
    """Wrong keys of one peer; more get 429."""
    rate_limit: Annotated[int | None, Field(ge=1, le=MAX_RATE)] = None
    """Requests a second of one key, or of one peer where no key is needed."""
    peer_rate_limit: Annotated[int | None, Field(ge=1, le=MAX_RATE)] = None
    """Requests a second of one peer, all keys together."""
    pair_limit: Annotated[int | None, Field(ge=1, le=MAX_RATE)] = None
    """Pairs (user, item) a second in rank and batch-score, of one key."""
    peer_pair_limit: Annotated[int | None, Field(ge=1, le=MAX_RATE)] = None
    daily_quota: Annotated[int | None, Field(ge=1, le=1_000_000_000)] = None
    """Requests of one key between midnight and midnight, UTC."""
    audit_entries: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000
    audit_days: Annotated[int, Field(ge=1, le=3650)] = 365
    impression_entries: Annotated[int, Field(ge=0, le=100_000_000)] = 100_000
    """Impressions of answers that are kept; 0 keeps none, and no answer can be criticised."""
    impression_days: Annotated[int, Field(ge=1, le=3650)] = 30
    impression_hours: Annotated[int, Field(ge=1, le=24 * 3650)] = 24
    """How long an answer can be criticised."""
    live_statistics: bool = True
    """Whether what is taken now changes what is popular and similar at once, beside the trainings."""
    live_half_life_hours: Annotated[float, Field(ge=1, le=24 * 365)] = 6.0
    """The hours after which a live count is worth a half."""
    exploration: Annotated[
        tuple[Annotated[SceneExploration, BeforeValidator(parse_scene_exploration)], ...],
        NoDecode,
        Listed,
        AfterValidator(partial(check_scenes, noun="policy")),
    ] = ()
    """The exploration of scenes, for requests that state none."""
    new_items: Annotated[
        tuple[Annotated[SceneShare, BeforeValidator(parse_scene_share)], ...],
        NoDecode,
        Listed,
        AfterValidator(partial(check_scenes, noun="share")),
    ] = DEFAULT_SHARES
    """The share of the places of a list that new items get, by scene; 0 keeps none."""
    new_item_impressions: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    """How often a new item is shown until it is none any more."""
    cors_origins: Annotated[
        tuple[Annotated[str, AfterValidator(_check_origin)], ...],
        NoDecode,
        Listed,
        AfterValidator(_check_origins),
    ] = ()
    """Origins of the web pages that may call the service."""
    max_body_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 4 << 20
    """The default holds a batch of 10,000 pairs with long ids."""
    max_request_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = 64 << 10
    """The body of a request for recommendations or similar items."""
    max_header_bytes: Annotated[int, Field(ge=1024, le=1 << 20)] = 32 << 10
    """The line and the headers of a request; more get 431."""
    max_connections: Annotated[int, Field(ge=1, le=1_000_000)] = 1024
    """Open connections; more get 503."""
    max_peer_connections: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    """Open connections of one address, such as that of a proxy."""
    header_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """How long the headers of a request may take."""
    max_concurrency: Annotated[int, Field(ge=1, le=100_000)] = 256
    """Requests in progress at once whose bodies have arrived; more get 429."""
    body_timeout_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    compute_timeout_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    """How long a request may wait for a compute thread, unless it says so in X-Request-Timeout-Ms; or 503 at once."""
    allow_anonymous: bool = False
    """Listen on addresses other than the loopback without any key."""
    ssl_certfile: Path | None = None
    """The certificate chain in PEM; with it the service speaks HTTPS alone."""
    ssl_keyfile: Path | None = None
    """The private key in PEM; None: the certificate's file has it."""
    chat_url: Annotated[str, AfterValidator(check_chat_url)] | None = None
    """The base of an OpenAI-compatible chat endpoint, which understands queries; None: the rules alone do."""
    chat_model: str = "default"
    chat_key: Annotated[SecretStr | None, AfterValidator(_check_key)] = None
    chat_timeout_s: Annotated[float, Field(gt=0, le=60)] = 3.0
    """How long the language model may take; then the rules understand the query, and templates word the reasons."""
    chat_reasons: Annotated[bool, AfterValidator(check_chat_reasons)] = False
    """Whether the language model words the reasons of answers, beside understanding queries."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes that serve the port, each with a bundle in memory and limits of its own."""
    compute_threads: Annotated[int, Field(ge=1, le=64)] = 1
    torch_threads: Annotated[int, Field(ge=1, le=256)] = 1
    candidates: Annotated[int, Field(ge=100, le=10_000)] = CANDIDATES
    """Items scored for one answer; at least the largest limit."""

    @property
    def keeps_new_places(self) -> bool:
        """True if the lists of any request keep places for new items."""
        return any(each.share for each in self.new_items)

    @property
    def signing_key(self) -> BundleKey | None:
        """The key that signs bundles; None if none is set."""
        return None if self.bundle_key is None else BundleKey(self.bundle_key.get_secret_value().encode())

    @property
    def pseudonyms(self) -> Pseudonyms | None:
        """The pseudonyms of users; None if no key is set."""
        key = self.pseudonym_key
        return None if key is None else Pseudonyms(key.get_secret_value().encode())

    @property
    def state_keys(self) -> StateKeys | None:
        """The keys of stored values; None if none is set."""
        if self.state_key is None:
            return None
        old = tuple(key.get_secret_value().encode() for key in self.state_keys_old)
        return StateKeys(self.state_key.get_secret_value().encode(), old)


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
    name = str(detail["loc"][0])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    value = "a secret" if name in SECRETS else repr(_join(detail["input"]))
    return f"{PREFIX}{name.upper()}: expected {message.removeprefix('expected ')}, given {value}"


def _join(value: Any) -> Any:
    """A list as it stands in the environment; other values as they are."""
    return ",".join(map(str, value)) if isinstance(value, list) else value
