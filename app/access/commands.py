"""The text of `chorus keys` and `chorus audit`: arguments in, lines out."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial

from app.access.administration import (
    Desk,
    Place,
    administer,
    create,
    describe_keys,
    format_time,
    parse_since,
    revoke,
    rotate,
)
from app.access.api_key import ApiKey, InvalidKeyError, KeyRequest
from app.access.key_stores import KeyStoreError
from app.access.roles import Role
from app.config import Settings
from app.state.embedded.process import EmbeddedRedisError
from app.state.protocol import StateUnavailableError

DAY_S = 86_400
REFUSALS = (InvalidKeyError, KeyStoreError, StateUnavailableError, EmbeddedRedisError, ValueError)
COLUMNS = ("id", "state", "roles", "tenant", "name", "created_at", "expires_at")


def run(options: argparse.Namespace, settings: Settings) -> list[str]:
    """The lines to print. Raises one of REFUSALS."""
    place = Place(getattr(options, "file", None), options.redis, options.state)
    if options.command == "audit":
        since = parse_since(options.since, time.time())
        in_redis = settings.model_copy(
            update={"keys_file": None}
        )  # where the audit is, whatever has the keys
        acts = administer(in_redis, place, partial(_read_audit, since=since))
        return [json.dumps(act) if options.json else _describe_act(act) for act in acts]
    match options.subcommand:
        case "create":
            expires_after_s = None if options.expires is None else options.expires * DAY_S
            request = KeyRequest(
                tuple(Role(role) for role in options.role), options.tenant, options.name, expires_after_s
            )
            return _hand_over(*administer(settings, place, partial(create, request=request)))
        case "rotate":
            overlap_s = options.overlap * 3600
            work = partial(rotate, key_id=options.id, overlap_s=overlap_s)
            return _hand_over(*administer(settings, place, work))
        case "revoke":
            administer(settings, place, partial(revoke, key_id=options.id))
            return [f"{options.id} is revoked"]
        case _:
            keys = describe_keys(administer(settings, place, _read_keys), time.time())
            return [json.dumps(keys)] if options.json else _align(keys)


async def _read_keys(desk: Desk) -> tuple[ApiKey, ...]:
    return await desk.keys.read()


async def _read_audit(desk: Desk, since: float) -> list[dict[str, object]]:
    if desk.audit is None:
        raise InvalidKeyError("expected a Redis for the audit (--redis or --state), given a file of keys")
    return [act async for act in desk.audit.read(since)]


def _hand_over(token: str, key: ApiKey) -> list[str]:
    """The token for stdout. What else there is to know goes to stderr, so that a script can read the token."""
    sys.stderr.write(
        f"key {key.key_id}: {', '.join(key.roles)}; expires: {format_time(key.expires_at)}. "
        "It is shown once; keep it in a secret store.\n"
    )
    return [token]


def _align(rows: Sequence[Mapping[str, object]]) -> list[str]:
    table = [COLUMNS, *(tuple(str(row[name]) or "-" for name in COLUMNS) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]


def _describe_act(act: Mapping[str, object]) -> str:
    detail = act["detail"]
    more = " ".join(f"{name}={value}" for name, value in detail.items()) if isinstance(detail, dict) else ""
    at = format_time(float(str(act["at"])))
    tenant = act["tenant"] and f"tenant={act['tenant']}"
    parts = (at, act["who"], act["action"], act["subject"], act["result"], tenant, more)
    return " ".join(str(part) for part in parts if part)
