"""The arguments of `chorus serve`: name -> keyword arguments of argparse's add_argument."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SERVE: Mapping[str, Mapping[str, Any]] = {
    "bundle": {"type": Path, "nargs": "?", "help": "a bundle, or a folder of bundles"},
    "--host": {"help": "default 127.0.0.1, or CHORUS_HOST"},
    "--port": {"type": int, "help": "default 8000, or CHORUS_PORT"},
    "--allow-anonymous": {
        "action": "store_true",
        "help": "listen beyond this machine without any key",
    },
    "--ssl-certfile": {"type": Path, "help": "serve HTTPS with this certificate chain (PEM)"},
    "--ssl-keyfile": {"type": Path, "help": "its private key (PEM)"},
}
