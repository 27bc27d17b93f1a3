"""The metrics of all workers in one page: each answers the others at a Unix socket, and is told apart by a label."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

LABEL = "worker"
PATIENCE_S = 1.0
"""How long another worker may take; then the page has no metrics of it."""
Render = Callable[[], bytes]
"""The metrics of this process in Prometheus' text format."""


@dataclass(frozen=True, slots=True)
class WorkerMetrics:
    """The sockets of `count` workers in a folder that only this user can enter."""

    folder: Path
    number: int
    count: int

    @asynccontextmanager
    async def answering(self, render: Render) -> AsyncIterator[None]:
        """Answer the other workers within the block."""

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):  # the one that asked has gone
                writer.write(render())
                await writer.drain()
            writer.close()

        path = self._path(self.number)
        path.unlink(missing_ok=True)  # of a worker that was killed
        server = await asyncio.start_unix_server(answer, path)
        try:
            yield
        finally:
            server.close()

    async def gather(self, render: Render) -> bytes:
        """The metrics of all workers that answer, in Prometheus' text format."""
        others = [number for number in range(self.count) if number != self.number]
        texts = await asyncio.gather(*map(self._ask, others))
        pages = {self.number: render().decode()}
        pages |= {number: text for number, text in zip(others, texts, strict=True) if text is not None}
        return merge_pages({str(number): pages[number] for number in sorted(pages)})

    async def _ask(self, number: int) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                reader, writer = await asyncio.open_unix_connection(self._path(number))
                try:
                    return (await reader.read()).decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError):  # it has ended or has not started yet
            return None

    def _path(self, number: int) -> Path:
        return self.folder / str(number)


def merge_pages(pages: dict[str, str]) -> bytes:
    """One page of several in Prometheus' text format, by worker. Every series gets the worker as a label.

    Series are not summed: when a worker starts again its counters begin at 0, which Prometheus handles in each
    series, and which would look like a loss in a sum.
    """
    families: dict[str, Metric] = {}
    for worker, page in pages.items():
        for family in text_string_to_metric_families(page):
            merged = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                merged.samples.append(sample._replace(labels={**sample.labels, LABEL: worker}))
    registry = CollectorRegistry()
    registry.register(_Families(list(families.values())))
    return generate_latest(registry)


class _Families(Collector):
    """Metrics that were collected elsewhere."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
