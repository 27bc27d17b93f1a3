"""Metrics in Prometheus' format, and logs as JSON with one line a request.

Neither contains user data: no ids, bodies, query strings or paths, only the route's template.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.errors import ChorusError
from app.outcome_metrics import OutcomeMetrics
from app.shadow_metrics import ShadowMetrics

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
LOGGER = "chorus"


class StoreMetrics:
    """The metrics of the store's calls."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.corrupt_values = Counter(
            "chorus_corrupt_values", "Stored values that could not be read", registry=registry
        )
        self.failures = Counter(
            "chorus_store_failures", "Failed calls of the store, by code", ["code"], registry=registry
        )
        self.circuit_open = Gauge(
            "chorus_store_circuit_open", "1 while calls of the store fail at once", registry=registry
        )
        self.circuit_openings = Counter(
            "chorus_store_circuit_openings", "How often the circuit has opened", registry=registry
        )


class Metrics:
    """The metrics of one service, in a separate registry: two services may run in one process."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.in_flight = Gauge("chorus_requests_in_flight", "Requests in progress", registry=registry)
        self._seconds = Histogram(
            "chorus_request_seconds", "Time a request took", ["endpoint"], buckets=SECONDS, registry=registry
        )
        self._answers = Counter(
            "chorus_requests", "Requests answered", ["endpoint", "method", "status"], registry=registry
        )
        self._stages = Histogram(
            "chorus_stage_seconds", "Time a stage took", ["stage"], buckets=SECONDS, registry=registry
        )
        self._degraded = Counter(
            "chorus_degraded", "Answers that fell back, by what", ["reason"], registry=registry
        )
        self._events = Counter("chorus_events", "Events posted, by outcome", ["outcome"], registry=registry)
        self._errors = Counter("chorus_errors", "Error answers, by code", ["code"], registry=registry)
        self._store = StoreMetrics(registry)
        self._audit_failures = Counter(
            "chorus_audit_failures", "Acts that could not be stored in the audit", registry=registry
        )
        self._impressions = Counter(
            "chorus_impressions",
            "Impressions of answers, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self._experiment_records = Counter(
            "chorus_experiment_records",
            "Answers and takes of experiments, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self.shadows = ShadowMetrics(registry)
        self.outcomes = OutcomeMetrics(registry)
        self._live_age = Gauge(
            "chorus_live_statistics_age_seconds", "Seconds since live counts were read", registry=registry
        )
        self._new_items = Gauge(
            "chorus_new_items", "New items, for which places of lists are kept", registry=registry
        )
        # To find a metric by its labels takes longer than to count: those of every request are kept.
        self._refusals: dict[str, tuple[Counter, Counter]] = {}
        self._of_stages: dict[str, Histogram] = {}
        self._of_endpoints: dict[str, Histogram] = {}
        self._of_answers: dict[tuple[str, str, int], Counter] = {}
        self._open_bundle_gauges()
        self._open_model_counters()

    def _open_model_counters(self) -> None:
        self._reason_texts = Counter(
            "chorus_reason_texts",
            "Texts of reasons asked of the language model, by what became of them",
            ["outcome"],
            registry=self._registry,
        )

    def _open_bundle_gauges(self) -> None:
        self._worse_takeovers = Gauge(
            "chorus_bundle_worse_takeovers",
            "Takeovers by a bundle with worse figures than the one before",
            registry=self._registry,
        )
        self._bundle = Gauge(
            "chorus_bundle_info", "The bundle in use", ["model_version"], registry=self._registry
        )
        self._extra_bundles = Gauge(
            "chorus_extra_bundles", "Bundles in memory beside the one in use", registry=self._registry
        )

    def count_request(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """Count one request by its route's template, method and status, with its duration."""
        histogram = self._of_endpoints.get(endpoint)
        if histogram is None:
            histogram = self._of_endpoints[endpoint] = self._seconds.labels(endpoint)
        histogram.observe(seconds)
        counter = self._of_answers.get((endpoint, method, status))
        if counter is None:
            counter = self._answers.labels(endpoint, method, str(status))
            self._of_answers[endpoint, method, status] = counter
        counter.inc()

    def count_refusal(self, error: ChorusError) -> None:
        """Count one request that was refused before it reached the application, with its error."""
        counters = self._refusals.get(error.code)
        if counters is None:
            answers = self._answers.labels("refused", "any", str(error.status))
            counters = self._refusals[error.code] = answers, self._errors.labels(error.code)
        for counter in counters:
            counter.inc()

    def count_stages(self, took_ms: Mapping[str, float], degraded: Iterable[str]) -> None:
        """Count one slate: the milliseconds of each stage, and the reasons for degradation."""
        for stage, milliseconds in took_ms.items():
            histogram = self._of_stages.get(stage)
            if histogram is None:
                histogram = self._of_stages[stage] = self._stages.labels(stage)
            histogram.observe(milliseconds / 1000)
        for reason in degraded:
            self._degraded.labels(reason).inc()

    def count_events(self, accepted: int, duplicates: int, rejected: int, conflicts: int = 0) -> None:
        """Count the events of one call; `duplicates` are those without a conflict."""
        self._events.labels("accepted").inc(accepted)
        self._events.labels("duplicate").inc(duplicates)
        self._events.labels("conflict").inc(conflicts)
        self._events.labels("rejected").inc(rejected)

    def count_error(self, code: str) -> None:
        """Count one error answer."""
        self._errors.labels(code).inc()

    def count_corrupt_value(self) -> None:
        """Count one stored value that could not be read."""
        self._store.corrupt_values.inc()

    def count_store_failure(self, code: str) -> None:
        """Count one failed call of the store."""
        self._store.failures.labels(code).inc()

    def set_circuit(self, is_open: bool) -> None:
        """Set the state of the circuit in front of the store, and count its openings."""
        self._store.circuit_open.set(is_open)
        if is_open:
            self._store.circuit_openings.inc()

    def count_audit_failure(self) -> None:
        """Count one act that could not be stored in the audit."""
        self._audit_failures.inc()

    def count_impressions(self, outcome: str, count: int) -> None:
        """Count impressions of answers by what became of them."""
        self._impressions.labels(outcome).inc(count)

    def count_experiment_records(self, outcome: str, count: int) -> None:
        """Count answers and takes of experiments by what became of them."""
        self._experiment_records.labels(outcome).inc(count)

    def count_reason_texts(self, outcome: str, count: int) -> None:
        """Count texts of reasons by what became of them."""
        self._reason_texts.labels(outcome).inc(count)

    def set_bundle(self, model_version: str) -> None:
        """Set the version of the bundle in use."""
        self._bundle.clear()
        self._bundle.labels(model_version).set(1)

    def set_extra_bundles(self, count: int) -> None:
        """Set the number of bundles in memory beside the one in use."""
        self._extra_bundles.set(count)

    def set_worse_takeovers(self, count: int) -> None:
        """Set how often a bundle took over with worse figures than the one before."""
        self._worse_takeovers.set(count)

    def set_live_age(self, seconds: float) -> None:
        """Set the seconds since the live statistics were read."""
        self._live_age.set(seconds)

    def set_new_items(self, count: int) -> None:
        """Set the number of new items."""
        self._new_items.set(count)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, then the record's `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info is not None and record.exc_info[0] is not None:
            # The exception's message may hold an id; its type and its frames do not.
            line["exception"] = record.exc_info[0].__name__
            line["frames"] = [frame.strip() for frame in traceback.format_tb(record.exc_info[2])]
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logging(level: str) -> None:
    """Log all messages of the process as JSON to stderr, except uvicorn's access log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
    access = logging.getLogger("uvicorn.access")  # its lines hold paths, which hold ids
    access.handlers[:] = [logging.NullHandler()]
    access.propagate = False


def log_request(fields: Mapping[str, object]) -> None:
    """Log one request."""
    logger = logging.getLogger(LOGGER)
    if logger.isEnabledFor(
        logging.INFO
    ):  # without the search for the caller, which takes as long as the rest
        record = logger.makeRecord(
            LOGGER, logging.INFO, __file__, 0, "request", (), None, extra={"fields": fields}
        )
        logger.handle(record)
