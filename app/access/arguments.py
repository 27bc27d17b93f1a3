"""The arguments of `chorus keys` and `chorus audit`: name -> keyword arguments of argparse's add_argument."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.access.roles import Role

Arguments = Mapping[str, Mapping[str, Any]]
JSON: Arguments = {"--json": {"action": "store_true", "help": "as JSON"}}
REDIS: Arguments = {
    "--redis": {"metavar": "URL", "help": "default CHORUS_REDIS_URL, else the service's own Redis"},
    "--state": {
        "type": Path,
        "metavar": "DIR",
        "help": "the state folder of a service with a Redis of its own; default CHORUS_STATE_DIR",
    },
}
KEYS: Arguments = {
    "--file": {"type": Path, "help": "a file of keys; default CHORUS_KEYS_FILE, else Redis"},
    **REDIS,
}
KEY_ID: Arguments = {"id": {"help": "the key's id, as 'list' shows it"}}
KEY_COMMANDS: Mapping[str, tuple[str, Arguments]] = {
    "create": (
        "create a key, and print it once",
        {
            "--role": {
                "action": "append",
                "required": True,
                "choices": [role.value for role in Role],
                "help": "may be given several times; admin includes the others",
            },
            "--tenant": {"default": "", "help": "the tenant whose users and items the key is for"},
            "--expires": {"type": float, "metavar": "DAYS", "help": "default never"},
            "--name": {"default": "", "help": "a text for people"},
            **KEYS,
        },
    ),
    "list": ("list the keys without their secrets", {**JSON, **KEYS}),
    "revoke": ("make a key invalid at once", {**KEY_ID, **KEYS}),
    "rotate": (
        "create a key in place of another, and print it once",
        {
            **KEY_ID,
            "--overlap": {
                "type": float,
                "metavar": "HOURS",
                "default": 24.0,
                "help": "how long the old key stays valid; default 24",
            },
            **KEYS,
        },
    ),
}
