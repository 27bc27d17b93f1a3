"""Pages that a reader follows step by step: files to write, commands to run, and their output, written back by

    python -m tests.walkthrough docs/first-week.md

A file is a block below a line with its name alone, such as `shop.yaml`:. A command is a block of bash, and its output
the block of text or JSON directly below it. A command that ends in & runs until the page ends. Output stays as short
as the one that it replaces.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.examples import lay_out, shorten

TIMEOUT_S = 300
PORTS = ("8000", "8001", "8080")
"""The ports of the pages; each run replaces them by free ones."""
NUMBER = re.compile(r"[-+]?\d[\d.,:]*")

_STEP = re.compile(
    r"^`(?P<file>[\w./-]+)`:\n\n```\w*\n(?P<content>.*?)^```$"
    r"|^```bash\n(?P<command>.*?)^```$(?:\n+```(?P<kind>json|text)\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One file to write or one command to run."""

    file: str | None
    content: str
    command: str | None
    kind: str | None  # json or text; None: no output is shown
    output: str
    span: tuple[int, int]  # the place of the output in the page


def read_steps(page: str) -> list[Step]:
    """The steps of a page, from top to bottom."""
    return [
        Step(
            file=match["file"],
            content=match["content"] or "",
            command=match["command"],
            kind=match["kind"],
            output=match["output"] or "",
            span=match.span("output"),
        )
        for match in _STEP.finditer(page)
    ]


@dataclass(frozen=True, slots=True)
class Walk:
    """A folder in which the steps of a page are followed."""

    folder: Path
    environment: Mapping[str, str]
    ports: Mapping[str, str]
    running: list[subprocess.Popen[bytes]]

    def follow(self, step: Step) -> str:
        """Write the file or run the command; the command's output. Raises AssertionError for a failed command."""
        if step.file is not None:
            path = self.folder / step.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._with_ports(step.content), "utf-8")
            return ""
        command = self._with_ports(step.command or "").strip()
        if command.endswith("&"):
            self._start(command.removesuffix("&"))
            return ""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return self._with_page_ports(done.stdout)

    def _start(self, command: str) -> None:
        with (self.folder / f"{len(self.running)}.log").open("wb") as log:
            self.running.append(
                subprocess.Popen(
                    ["bash", "-c", command],
                    cwd=self.folder,
                    env=dict(self.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # so that the command ends with its shell
                )
            )

    def _with_ports(self, text: str) -> str:
        for shown, used in self.ports.items():
            text = re.sub(rf"\b{shown}\b", used, text)
        return text

    def _with_page_ports(self, text: str) -> str:
        for shown, used in self.ports.items():
            text = re.sub(rf"\b{used}\b", shown, text)
        return text


@contextmanager
def walking(folder: Path, path: str | None = None) -> Iterator[Walk]:
    """A walk in an empty folder, with `chorus` on the PATH; what it started is ended afterwards."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
    places = [str(Path(sys.executable).parent), *([path] if path else []), own.get("PATH", "")]
    own |= {"PATH": os.pathsep.join(places), "COLUMNS": "100", "PYTHONPATH": str(Path(__file__).parents[1])}
    walk = Walk(folder, own, dict(zip(PORTS, _free_ports(), strict=True)), [])
    try:
        yield walk
    finally:
        for process in reversed(walk.running):
            os.killpg(process.pid, signal.SIGTERM)
        for process in walk.running:
            process.wait(60)


def differs(step: Step, output: str) -> str | None:
    """How an output differs from the one on the page, or None: other keys of JSON, or a line that is not there.

    Numbers may differ, as other processors round differently. A line "..." stands for any number of lines.
    """
    if step.kind == "json":
        shown, given = _shape(json.loads(step.output)), _shape(json.loads(output))
        return None if shown == given else f"expected {shown}, given {given}"
    lines = {_without_numbers(line) for line in output.splitlines()}
    missing = [
        line
        for line in step.output.splitlines()
        if line.strip() not in {"", "..."} and _without_numbers(line) not in lines
    ]
    return None if not missing else f"expected the lines {missing}, given\n{output}"


def refresh(page: str, walk: Walk) -> str:
    """The page with the outputs of a walk through it."""
    text, end = "", 0
    for step in read_steps(page):
        output = walk.follow(step)
        if step.kind is not None:
            text += page[end : step.span[0]] + _render(step, output)
            end = step.span[1]
    return text + page[end:]


def _render(step: Step, output: str) -> str:
    if step.kind == "json":
        shown = json.loads(step.output) if step.output.strip() else None
        return lay_out(shorten(json.loads(output), shown)) + "\n"
    if not step.output.strip():
        return output
    now = {_without_numbers(line): line for line in output.splitlines()}
    return "".join(now.get(_without_numbers(line), line) + "\n" for line in step.output.splitlines())


def _shape(value: Any) -> Any:
    """The keys of objects, down to the first entry of lists."""
    if isinstance(value, dict):
        return {key: _shape(part) for key, part in sorted(value.items())}
    if isinstance(value, list):
        return [_shape(part) for part in value[:1]]
    return None


def _without_numbers(line: str) -> str:
    return " ".join(NUMBER.sub("#", line).split())


def _free_ports() -> list[str]:
    sockets = [socket.socket() for _ in PORTS]
    try:
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [str(opened.getsockname()[1]) for opened in sockets]
    finally:
        for opened in sockets:
            opened.close()


def main(name: str) -> None:
    """Follow a page in a temporary folder, and write the outputs into it."""
    page = Path(name)
    with tempfile.TemporaryDirectory() as folder, walking(Path(folder)) as walk:
        page.write_text(refresh(page.read_text("utf-8"), walk), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
