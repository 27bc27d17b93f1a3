"""The front door: `chorus COMMAND`. Serving does not import what only training needs."""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.config import ConfigurationError, Settings, read_settings
from models.contract.bundle import BundleError
from models.contract.feature_spec import FieldKind

FILE_WIDTH = 120
"""Columns of a table that goes into a file or a container's log, where no terminal says how wide it is."""

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 1 when it failed, 2 for arguments that cannot be used."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except KeyboardInterrupt:
        return 130
    except (BundleError, ConfigurationError) as error:
        return _failed(error)
    except ModuleNotFoundError as error:
        return _failed(f"{error}: install Chorus with its 'train' extra for this command")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chorus", description="Recommendations from one multi-task network."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch", help="fetch a public data set")
    fetch.add_argument("name", help="movielens-100k")
    fetch.add_argument("--out", type=Path, required=True, help="folder for its files")
    fetch.set_defaults(run=_offline)
    train = commands.add_parser("train", help="train, evaluate and publish a bundle")
    train.add_argument("job", type=Path, help="the job's YAML file")
    train.add_argument("--out", type=Path, required=True, help="the bundle's folder")
    train.add_argument("--force", action="store_true", help="publish even over a better bundle")
    train.set_defaults(run=_offline)
    evaluate = commands.add_parser("evaluate", help="a bundle's evaluation")
    evaluate.add_argument("bundle", type=Path)
    evaluate.add_argument("--json", action="store_true", help="as JSON")
    evaluate.set_defaults(run=_offline)
    inspect = commands.add_parser("inspect", help="what a bundle says of itself, verified")
    inspect.add_argument("bundle", type=Path)
    inspect.set_defaults(run=_offline)
    serve = commands.add_parser("serve", help="serve a bundle over HTTP")
    serve.add_argument("bundle", type=Path, nargs="?", help="a bundle, or a folder of bundles")
    serve.add_argument("--host", help="default 127.0.0.1, or CHORUS_HOST")
    serve.add_argument("--port", type=int, help="default 8000, or CHORUS_PORT")
    serve.set_defaults(run=_serve)
    score = commands.add_parser("batch-score", help="score the (user, item) pairs of a file")
    score.add_argument("input", type=Path, help="Parquet, CSV or JSON Lines with user_id and item_id")
    score.add_argument("output", type=Path, help="Parquet, CSV or JSON Lines")
    score.add_argument("--bundle", type=Path, required=True)
    score.set_defaults(run=_batch_score)
    return parser


def _offline(given: argparse.Namespace) -> int:
    # Before torch is loaded: its waiting threads would spin for long, which takes ten times as long where the
    # cores are shared. Spinning a little and then sleeping is as fast on idle cores.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    from rich.console import Console

    from models import cli

    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else FILE_WIDTH, soft_wrap=not terminal)
    try:
        match given.command:
            case "fetch":
                cli.fetch(given.name, given.out, console)
            case "train":
                cli.train(given.job, given.out, console, force=given.force)
            case "evaluate":
                cli.evaluate(given.bundle, console, as_json=given.json)
            case "inspect":
                cli.inspect(given.bundle, console)
    except cli.REFUSALS as error:
        return _failed(error)
    return 0


def _serve(given: argparse.Namespace) -> int:
    from app.server import run
    from app.state.embedded.process import EmbeddedRedisError
    from app.telemetry import configure_logging

    settings = read_settings(bundle_dir=given.bundle, host=given.host, port=given.port)
    configure_logging(settings.log_level)
    try:
        outcome = run(settings, lambda bundle: print(welcome(settings, example_of(bundle)), flush=True))
    except EmbeddedRedisError as error:
        return _failed(error)
    return 0 if outcome.problem is None else _failed(outcome.problem)


def _batch_score(given: argparse.Namespace) -> int:
    from app.batch.files import BatchFileError, score_file
    from models.cli import read_rows

    try:
        counts = score_file(given.input, given.output, given.bundle, read_rows)
    except (BatchFileError, OSError) as error:
        return _failed(error)
    print(json.dumps(counts))
    return 0


@dataclass(frozen=True, slots=True)
class Example:
    """Whom and what the lines to paste speak of."""

    user_id: str = "anyone"
    item_id: str = "1"
    fields: tuple[str, ...] = ()


def example_of(bundle: "LoadedBundle") -> Example:
    """A user and an item that the bundle knows, and what its items are called by."""
    return Example(
        user_id=next(iter(bundle.known_users.rows), "anyone"),
        item_id=next(iter(bundle.known_users.item_ids), "1"),
        fields=tuple(field.name for field in bundle.spec.fields(FieldKind.TEXT)[:1]),
    )


def welcome(settings: Settings, example: Example) -> str:
    """Three lines to paste, once the service answers."""
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(settings.host, settings.host)  # noqa: S104
    host = f"[{host}]" if ":" in host else host
    url = f"http://{host}:{settings.port}"
    key = "" if settings.api_key is None else " -H 'X-API-Key: '\"$CHORUS_API_KEY\""
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


def _failed(error: object) -> int:
    print("chorus:", "; ".join(str(error).splitlines()), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
