"""The message of `chorus serve` when the service is ready: commands to try."""

import json
import shlex
from dataclasses import dataclass

from app.bundle.bundle import LoadedBundle
from app.config import Settings
from models.contract.feature_spec import FieldKind


@dataclass(frozen=True, slots=True)
class Example:
    """The user, the item and the fields that the commands use."""

    user_id: str = "anyone"
    item_id: str = "1"
    fields: tuple[str, ...] = ()


def pick_example(bundle: LoadedBundle) -> Example:
    """A user and an item of the bundle, and the first text field of its items."""
    return Example(
        user_id=next(iter(bundle.known_users.rows), "anyone"),
        item_id=next(iter(bundle.known_users.item_ids), "1"),
        fields=tuple(field.name for field in bundle.spec.fields(FieldKind.TEXT)[:1]),
    )


def render_greeting(settings: Settings, example: Example) -> str:
    """The service's address and three commands for a shell."""
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(settings.host, settings.host)  # noqa: S104 - read, not bound
    host = f"[{host}]" if ":" in host else host
    url = f"http://{host}:{settings.port}"
    is_open = settings.api_key is None and settings.keys_file is None
    key = "" if is_open else " -H 'X-API-Key: '\"$CHORUS_API_KEY\""
    post = f"curl -s {url}/v1/{{}}{key} -H 'Content-Type: application/json' -d {{}}"
    recommend = {"user_id": example.user_id, "limit": 5, "fields": example.fields, "explain": True}
    event = {"events": [{"user_id": example.user_id, "item_id": example.item_id, "action": "like"}]}
    return "\n".join(
        [
            f"\nChorus answers at {url} (all endpoints: {url}/docs). Try:",
            post.format("recommend", shlex.quote(json.dumps(recommend))),
            post.format("events", shlex.quote(json.dumps(event))),
            f"curl -s {url}/v1/model{key}",
        ]
    )
