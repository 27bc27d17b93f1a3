"""The metrics of several workers on one page."""

import asyncio
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.workers.worker_metrics import WorkerMetrics, merge_pages


def page(count: int) -> bytes:
    """A page with a counter, a gauge with a label and a histogram."""
    registry = CollectorRegistry()
    Counter("asked", "Requests", registry=registry).inc(count)
    Gauge("bundle", "In use", ["version"], registry=registry).labels('a "quoted" one').set(1)
    Histogram("seconds", "Time", buckets=(1, 2), registry=registry).observe(count)
    return generate_latest(registry)


def values(merged: bytes, name: str) -> dict[str, float]:
    """Worker -> value of the samples of a name."""
    return {
        sample.labels["worker"]: sample.value
        for family in text_string_to_metric_families(merged.decode())
        for sample in family.samples
        if sample.name == name
    }


def test_every_series_stays_and_gets_its_worker() -> None:
    merged = merge_pages({"0": page(3).decode(), "1": page(5).decode()})
    assert values(merged, "asked_total") == {"0": 3.0, "1": 5.0}
    assert values(merged, "bundle") == {"0": 1.0, "1": 1.0}
    assert values(merged, "seconds_count") == {"0": 1.0, "1": 1.0}
    assert values(merged, "seconds_sum") == {"0": 3.0, "1": 5.0}
    text = merged.decode()
    assert text.count("# TYPE asked_total counter") == 1 and text.count("# HELP seconds Time") == 1
    assert 'version="a \\"quoted\\" one"' in text


async def test_a_worker_that_has_ended_is_left_out(tmp_path: Path) -> None:
    one, two = WorkerMetrics(tmp_path, 0, 3), WorkerMetrics(tmp_path, 1, 3)
    async with one.answering(lambda: page(1)):
        async with two.answering(lambda: page(2)):
            both = await asyncio.gather(one.gather(lambda: page(1)), two.gather(lambda: page(2)))
            for found in both:
                assert values(found, "asked_total") == {"0": 1.0, "1": 2.0}
        assert values(await one.gather(lambda: page(1)), "asked_total") == {"0": 1.0}
        async with WorkerMetrics(tmp_path, 1, 3).answering(lambda: page(7)):  # it has started again
            assert values(await one.gather(lambda: page(1)), "asked_total") == {"0": 1.0, "1": 7.0}
