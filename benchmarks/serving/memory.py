"""The memory and processor time of a process and those that it started, from /proc; the peak of a command."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
"""Of the kernel's clock, a second."""
REDIS = frozenset({"valkey-server", "redis-server"})
"""The names of the embedded Redis server, which is not counted."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The time and memory of a command."""

    seconds: float
    peak_mb: float


def measure_memory(pid: int) -> float:
    """Megabytes (10^6) of a process and its descendants without Redis; NaN where the system does not say.

    Proportional (PSS): a page that several processes map counts once in their sum.
    """
    if not PROC.is_dir():
        return float("nan")
    members = [member for member in list_family(pid) if _name(member) not in REDIS]
    return sum(_read_kb(member, "Pss:") for member in members) * 1024 / 1e6


def measure_resident(pid: int) -> float:
    """The same with every page that is resident (RSS), also of files that other processes map."""
    if not PROC.is_dir():
        return float("nan")
    members = [member for member in list_family(pid) if _name(member) not in REDIS]
    return sum(_read_kb(member, "Rss:") for member in members) * 1024 / 1e6


def measure_cpu(pid: int) -> float:
    """Processor seconds of a process and its descendants without Redis; NaN where the system does not say."""
    if not PROC.is_dir():
        return float("nan")
    return sum(_cpu_ticks(member) for member in list_family(pid) if _name(member) not in REDIS) / TICKS


def list_family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit() and (parent := _parent(int(folder.name))) is not None:
            parents[int(folder.name)] = parent
    family, found = [], [pid]
    while found:
        family += found
        found = [child for child, parent in parents.items() if parent in found]
    return family


def run_measured(command: list[str]) -> Usage:
    """Run a command; raises RuntimeError if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"expected a command that succeeds, given {process.returncode}: {command!r}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Usage(time.perf_counter() - began, usage.ru_maxrss * unit / 1e6)


def _name(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _parent(pid: int) -> int | None:
    """The parent of a process; None for one that has ended."""
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _cpu_ticks(pid: int) -> int:
    """Clock ticks in user and system mode; 0 for a process that has ended."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _read_kb(pid: int, name: str) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
