"""The command line `chorus COMMAND`. Serving does not import the dependencies of training."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.access.arguments import JSON, KEY_COMMANDS, REDIS
from app.command import Command, build_parser, fail
from app.config import ConfigurationError, read_settings
from app.offline_arguments import (
    BENCHMARK,
    DESCRIBE,
    DIVERSITY,
    FETCH,
    LOG_EXPORT,
    LOOP,
    TRAIN,
    TUNE,
    UPDATE,
    VERIFY_ERASURE,
    WHAT_IF,
)
from app.online_arguments import BATCH_SCORE, SERVE
from app.online_commands import administer, serve, verify_erasure
from models.contract.bundle import BundleError, read_manifest
from models.contract.process_rank import require_processes

if TYPE_CHECKING:
    from rich.console import Console

    from models.cli import BundleChecks, DescribeOptions, UpdateOptions, WhatIf
    from models.contract.list_request import ListRequest

Options = TypeVar("Options", "DescribeOptions", "UpdateOptions", "WhatIf")
FILE_WIDTH = 120
"""Width in characters of tables that are not written to a terminal."""
GOMP_SPINCOUNT = "2000"
"""Set before torch is loaded: by default its idle threads spin for long, which is ten times slower on shared cores.

A short spin is as fast on idle cores.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0 on success, 1 on failure, 130 on Ctrl-C; invalid arguments exit with 2."""
    options = build_parser(COMMANDS).parse_args(arguments)
    try:
        return COMMANDS[options.command].run(options)
    except KeyboardInterrupt:
        return 130
    except (BundleError, ConfigurationError) as error:
        return fail(error)
    except ModuleNotFoundError as error:
        return fail(f"{error}: install Chorus with its 'train' extra for this command")


def _run_offline(options: argparse.Namespace) -> int:
    os.environ.setdefault("GOMP_SPINCOUNT", GOMP_SPINCOUNT)
    from rich.console import Console

    from models import cli

    is_terminal = sys.stdout.isatty()
    console = Console(width=None if is_terminal else FILE_WIDTH, soft_wrap=not is_terminal)
    try:
        require_processes(os.environ, options.command)
        match options.command:
            case "fetch":
                cli.fetch(options.name, options.out, console)
            case "describe":
                _describe(options, console)
            case "train":
                train = cli.TrainOptions(options.job, options.out, options.force)
                cli.train(train, console, _read_checks())
            case "update":
                cli.update(_pick(cli.UpdateOptions, options), console, _read_checks())
            case "evaluate":
                cli.evaluate(options.bundle, console, read_settings().signing_key, as_json=options.json)
            case "inspect":
                cli.inspect(options.bundle, console, read_settings().signing_key)
            case "sign":
                cli.sign(options.bundle, console, read_settings().signing_key)
            case "benchmark":
                _benchmark(options, console)
            case "diversity":
                key = read_settings().signing_key
                cli.diversity(options.job, options.out, options.bundle, options.searched, console, key)
            case "what-if":
                cli.what_if(
                    _pick(cli.WhatIf, options), console, read_settings().signing_key, as_json=options.json
                )
            case "tune":
                cli.tune(options.job, options.out, console, options.trials, options.minutes)
    except cli.REFUSALS as error:
        return fail(error)
    return 0


def _describe(options: argparse.Namespace, console: "Console") -> None:
    from app.chat import read_endpoint
    from models import cli

    options.language = tuple(options.language or ("en",))
    cli.describe(_pick(cli.DescribeOptions, options), read_endpoint(read_settings()), console)


def _read_checks() -> "BundleChecks":
    from models import cli

    return cli.BundleChecks(make_bundle_check(), read_settings().signing_key)


def _pick(kind: "type[Options]", options: argparse.Namespace) -> "Options":
    """The options that a dataclass has fields for."""
    return kind(**{field.name: getattr(options, field.name) for field in fields(kind)})


def _benchmark(options: argparse.Namespace, console: "Console") -> None:
    from models import cli

    def list_items(
        folder: Path, requests: "Sequence[ListRequest]", limit: int, now: float | None
    ) -> Sequence[Sequence[str]]:
        from app.batch import lists  # after the training, as it imports torch

        return lists.list_items(folder, requests, limit, now)

    checks = _read_checks()
    out = options.out or Path("bench-quality") / options.name
    cli.benchmark(options.name, options.data, out, console, checks, list_items)


def make_bundle_check() -> Callable[[Path], None]:
    """The check before publishing, a function that loads a bundle and replays its golden requests.

    It raises BundleError.
    """
    settings = read_settings()

    def check(folder: Path) -> None:
        from app.golden import open_and_check

        open_and_check(folder, settings.candidates, settings.signing_key, explain=True)

    return check


def _score_batch(options: argparse.Namespace) -> int:
    read_manifest(options.bundle, read_settings().signing_key)  # before the imports below, which take seconds
    from app.batch.files import BatchFileError, score_file
    from models.cli import read_rows
    from models.language.protocol import TextEncoderUnavailableError

    try:
        counts = score_file(options.input, options.output, options.bundle, read_rows)
    except (BatchFileError, TextEncoderUnavailableError, OSError) as error:
        return fail(error)
    print(json.dumps(counts))
    return 0


def _export_log(options: argparse.Namespace) -> int:
    from app.access.administration import Place
    from app.log import commands
    from models import cli

    place = Place(None, options.redis, options.state)
    export = commands.ExportOptions(
        options.out, options.tenant, place, options.every, options.window, options.bundle
    )
    try:
        with cli.lock_data(options.out):
            commands.run_export(export, read_settings(), lambda line: print(line, flush=True))
    except (*commands.REFUSALS, *cli.REFUSALS) as error:
        return fail(error)
    return 0


def _loop(options: argparse.Namespace) -> int:
    from app.loop import commands
    from models import cli

    try:
        if options.show:
            print("\n".join(commands.show_rounds(options.bundle)))
            return 0
        job = commands.require_job(options.job)
        os.environ.setdefault("GOMP_SPINCOUNT", GOMP_SPINCOUNT)
        from rich.console import Console

        console, checks = Console(stderr=True, width=FILE_WIDTH), _read_checks()

        def learn(kind: str, log: Path) -> tuple[str, tuple[str, ...]]:
            return cli.learn(cli.LearningRound(kind, job, options.bundle, log), console, checks)

        learning = commands.Learning(cli.recover, learn, cli.lock_data, cli.REFUSALS)
        loop = commands.read_options(options)
        commands.run_loop(loop, read_settings(), learning, lambda line: print(line, flush=True))
    except cli.REFUSALS as error:
        return fail(error)
    return 0


BUNDLE = {"bundle": {"type": Path}}
COMMANDS = {
    "fetch": Command(
        "fetch a public data set",
        _run_offline,
        FETCH,
    ),
    "describe": Command(
        "write descriptions of a job's items, by a language model or from their fields",
        _run_offline,
        DESCRIBE,
    ),
    "train": Command("train, evaluate and publish a bundle", _run_offline, TRAIN),
    "update": Command(
        "learn the events since a bundle was published, and publish the result", _run_offline, UPDATE
    ),
    "tune": Command("search the settings of a job for the best lists on validation", _run_offline, TUNE),
    "diversity": Command(
        "measure what diversity costs and brings on a job's test part", _run_offline, DIVERSITY
    ),
    "what-if": Command(
        "estimate what another policy would have earned, from logged impressions", _run_offline, WHAT_IF
    ),
    "evaluate": Command(
        "show a bundle's evaluation",
        _run_offline,
        {**BUNDLE, "--json": {"action": "store_true", "help": "as JSON"}},
    ),
    "inspect": Command("show a bundle's manifest, and verify its files", _run_offline, BUNDLE),
    "sign": Command("verify a bundle and sign it with CHORUS_BUNDLE_KEY", _run_offline, BUNDLE),
    "serve": Command(
        "serve a bundle over HTTP",
        serve,
        SERVE,
    ),
    "batch-score": Command(
        "score the (user, item) pairs of a file",
        _score_batch,
        BATCH_SCORE,
    ),
    "benchmark": Command("compare Chorus with baselines on a public data set", _run_offline, BENCHMARK),
    "log": Command(
        "export the accepted events as the data of a job, and the impressions",
        _export_log,
        subcommands={
            "export": Command(
                "write the events and impressions since the last export, each once and without erased users",
                _export_log,
                LOG_EXPORT,
            )
        },
    ),
    "verify-erasure": Command(
        "look in a bundle for what it has of erased users; fails if there is anything",
        verify_erasure,
        VERIFY_ERASURE,
    ),
    "loop": Command("export, learn, compare, publish and reload, again and again", _loop, LOOP),
    "keys": Command(
        "create, list, revoke and rotate API keys",
        administer,
        subcommands={
            name: Command(help_, administer, arguments) for name, (help_, arguments) in KEY_COMMANDS.items()
        },
    ),
    "audit": Command(
        "show who erased, reloaded, changed keys and wrote in bulk",
        administer,
        {
            "--since": {"default": "7d", "help": "an age such as 12h, or a time; default 7d"},
            **JSON,
            **REDIS,
        },
    ),
}


if __name__ == "__main__":
    sys.exit(main())
