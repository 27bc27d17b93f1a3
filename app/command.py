"""A command of the command line, and the parser of all of them."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its help, its function and its arguments: name -> keyword arguments of add_argument.

    A command with subcommands is run with the name of one of them in `subcommand`.
    """

    help: str
    run: Callable[[argparse.Namespace], int]
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    subcommands: Mapping[str, "Command"] = field(default_factory=dict)


def build_parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser of every command by its name."""
    parser = argparse.ArgumentParser(
        prog="chorus", description="Recommendations from one multi-task network."
    )
    _add_commands(parser, "command", commands)
    return parser


def _add_commands(parser: argparse.ArgumentParser, name: str, commands: Mapping[str, Command]) -> None:
    subparsers = parser.add_subparsers(dest=name, required=True)
    for title, command in commands.items():
        subparser = subparsers.add_parser(title, help=command.help)
        for argument, options in command.arguments.items():
            subparser.add_argument(argument, **options)
        if command.subcommands:
            _add_commands(subparser, "subcommand", command.subcommands)


def fail(error: object) -> int:
    """Print an error in one line; the exit code of a command that failed."""
    print("chorus:", "; ".join(str(error).splitlines()), file=sys.stderr)
    return 1
