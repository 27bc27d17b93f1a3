"""An API key: its token, which only the caller has, and its record, which has the digest of the secret.

A secret has 256 random bits, so that nobody can guess it from its digest: a fast digest (SHA-256) is right here. The
slow ones, such as Argon2, protect passwords, which people choose, and would cost each request milliseconds.
"""

import hmac
import math
import re
import secrets
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated

from pydantic import ConfigDict, StringConstraints, TypeAdapter

from app.access.roles import Role
from app.state.protocol import DEFAULT_TENANT, TENANT_PATTERN, check_tenant

PREFIX = "chorus"
ID_BYTES = 6
SECRET_BYTES = 32
NAME_LENGTH = 100

_TOKEN = re.compile(r"chorus_([0-9a-f]{12})_([0-9a-f]{64})", re.ASCII)


class InvalidKeyError(ValueError):
    """A key cannot be created or changed in this way; the message has what was expected and given."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The record of a key. Times are Unix seconds; `digest` is the SHA-256 of the secret, in hexadecimal."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    key_id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{12}$")]
    digest: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    roles: tuple[Role, ...]
    created_at: float
    tenant: Annotated[str, StringConstraints(pattern=f"^({TENANT_PATTERN})?$")] = DEFAULT_TENANT
    name: str = ""
    expires_at: float | None = None
    revoked_at: float | None = None

    def matches(self, secret: str) -> bool:
        """True for the secret of this key, compared in constant time."""
        return hmac.compare_digest(digest_secret(secret), self.digest)

    def find_end(self, now: float) -> str | None:
        """Why the key is no longer valid at a time: 'revoked' or 'expired'; None for a valid key."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and now >= self.expires_at else None


KEYS: TypeAdapter[tuple[ApiKey, ...]] = TypeAdapter(tuple[ApiKey, ...])
KEY: TypeAdapter[ApiKey] = TypeAdapter(ApiKey)
"""Read a record from JSON, and write it. They raise pydantic's ValidationError, a ValueError."""


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """The properties of a new key."""

    roles: tuple[Role, ...]
    tenant: str = DEFAULT_TENANT
    name: str = ""
    expires_after_s: float | None = None


def create_key(request: KeyRequest, now: float) -> tuple[str, ApiKey]:
    """The token and the record of a new key. Raises InvalidKeyError."""
    if not request.roles:
        raise InvalidKeyError(f"expected at least one role of {', '.join(Role)}, given none")
    try:
        tenant = request.tenant and check_tenant(request.tenant)
    except ValueError as error:
        raise InvalidKeyError(str(error)) from error
    if len(request.name) > NAME_LENGTH or not request.name.isprintable():
        raise InvalidKeyError(f"expected a name of up to {NAME_LENGTH} printable characters, given another")
    if request.expires_after_s is not None and not 0 < request.expires_after_s < math.inf:
        raise InvalidKeyError("expected a time of more than 0 until the key expires, given none or less")
    key_id, secret = secrets.token_hex(ID_BYTES), secrets.token_hex(SECRET_BYTES)
    record = ApiKey(
        key_id=key_id,
        digest=digest_secret(secret),
        roles=tuple(role for role in Role if role in request.roles),
        created_at=now,
        tenant=tenant,
        name=request.name,
        expires_at=None if request.expires_after_s is None else now + request.expires_after_s,
    )
    return f"{PREFIX}_{key_id}_{secret}", record


def revoke_key(key: ApiKey, now: float) -> ApiKey:
    """The record of a key that is no longer valid from now on. Raises InvalidKeyError for a revoked key."""
    if key.revoked_at is not None:
        raise InvalidKeyError(f"expected a key that is not revoked, given {key.key_id}, which is")
    return replace(key, revoked_at=now)


def rotate_key(key: ApiKey, overlap_s: float, now: float) -> tuple[str, ApiKey, ApiKey]:
    """The token and the record of a key in place of this one, and the old record, valid for the overlap.

    The new key lasts as long as the old one was made to last. Raises InvalidKeyError for a key that is not valid.
    """
    end = key.find_end(now)
    if end is not None:
        raise InvalidKeyError(f"expected a valid key, given {key.key_id}, which is {end}")
    if not 0 <= overlap_s < math.inf:
        raise InvalidKeyError(f"expected an overlap of at least 0 hours, given {overlap_s / 3600:g}")
    lasts_s = None if key.expires_at is None else key.expires_at - key.created_at
    token, new = create_key(KeyRequest(key.roles, key.tenant, key.name, lasts_s), now)
    end_at = now + overlap_s if key.expires_at is None else min(key.expires_at, now + overlap_s)
    return token, new, replace(key, expires_at=end_at)


def parse_token(token: str) -> tuple[str, str] | None:
    """The id and the secret of a token; None for a text of another form."""
    match = _TOKEN.fullmatch(token)
    return None if match is None else (match[1], match[2])


def digest_secret(secret: str) -> str:
    """The SHA-256 of a secret, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()
