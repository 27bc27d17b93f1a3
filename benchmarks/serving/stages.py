"""The time of each stage of a list, from the histogram chorus_stage_seconds in /metrics."""

import re

from benchmarks.serving.calls import Subject, build_calls, render
from benchmarks.serving.load import ask_in_turn, ask_once, read_body, run

LINE = re.compile(r'^chorus_stage_seconds_(sum|count)\{stage="([^"]+)"\} (\S+)$', re.MULTILINE)
SEED = 1_000
"""Of the calls, which are none of the turns'."""
STAGES = dict[str, tuple[float, float]]
"""Stage -> seconds and number, since the start of the service."""


def measure_stages(port: int, subject: Subject, seconds: float) -> dict[str, float]:
    """Stage -> microseconds of a list on one connection, where no list waits for another."""
    before = read_stages(port)
    run(ask_in_turn(port, build_calls(subject, SEED), 1, seconds))
    return compare_stages(before, read_stages(port))


def read_stages(port: int) -> STAGES:
    """The sums of a service."""
    return parse_stages(read_body(run(ask_once(port, render("/metrics", {}, "GET")))).decode())


def parse_stages(text: str) -> STAGES:
    """The sums in a page of metrics."""
    values: dict[tuple[str, str], float] = {
        (stage, kind): float(value) for kind, stage, value in LINE.findall(text)
    }
    return {stage: (values[stage, "sum"], values[stage, "count"]) for stage, kind in values if kind == "sum"}


def compare_stages(before: STAGES, after: STAGES) -> dict[str, float]:
    """Stage -> microseconds of one list between two readings; stages without a list are left out."""
    took = {}
    for stage, (seconds, count) in after.items():
        first_seconds, first_count = before.get(stage, (0.0, 0.0))
        if count > first_count:
            took[stage] = (seconds - first_seconds) / (count - first_count) * 1e6
    return took
