"""The time of each stage of a list, from the histogram chorus_stage_seconds in /metrics."""

import re

from benchmarks.serving.calls import render
from benchmarks.serving.load import ask_once, read_body, run

LINE = re.compile(r'^chorus_stage_seconds_(sum|count)\{stage="([^"]+)"\} (\S+)$', re.MULTILINE)
STAGES = dict[str, tuple[float, float]]
"""Stage -> seconds and number, since the start of the service."""


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
