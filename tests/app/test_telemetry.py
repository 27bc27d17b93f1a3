"""Metrics in their text form, and log lines that hold no user data."""

import json
import logging

import pytest

from app.telemetry import JsonFormatter, Metrics, configure_logging


def _line(record: logging.LogRecord) -> dict[str, object]:
    text = JsonFormatter().format(record)
    assert "\n" not in text
    line: dict[str, object] = json.loads(text)
    return line


def _record(message: str = "request", **fields: object) -> logging.LogRecord:
    record = logging.LogRecord("chorus", logging.INFO, __file__, 1, message, (), None)
    record.fields = fields
    return record


def test_a_line_is_one_json_object() -> None:
    line = _line(_record("two\nlines", route="/v1/recommend", status=200))
    assert line["message"] == "two\nlines" and line["route"] == "/v1/recommend" and line["status"] == 200
    assert line["level"] == "info" and str(line["time"]).endswith("+00:00")


def test_an_exceptions_own_words_are_left_out() -> None:
    try:
        raise KeyError("user-42")
    except KeyError as error:
        record = _record("unexpected error")
        record.exc_info = (type(error), error, error.__traceback__)
    line = _line(record)
    assert line["exception"] == "KeyError"
    assert "test_telemetry" in str(line["frames"])
    assert "user-42" not in json.dumps({**line, "frames": ""})


def test_every_logger_goes_through_one_handler_and_uvicorns_access_log_is_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        configure_logging("warning")
        logging.getLogger("uvicorn.error").warning("half open")
        logging.getLogger("uvicorn.access").warning("GET /v1/users/42")
        logging.getLogger("chorus").info("too quiet")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["message"] for line in lines] == ["half open"]


def test_the_metrics_page_counts_what_happened() -> None:
    metrics = Metrics()
    metrics.count_request("/v1/recommend", "POST", 200, 0.003)
    metrics.count_stages({"score": 1.5, "total": 3.0}, ["state:session_only"])
    metrics.count_events(accepted=3, duplicates=1, rejected=2)
    metrics.count_error("invalid_request")
    metrics.count_corrupt_value()
    for is_open in (True, False, True):
        metrics.set_circuit(is_open)
    metrics.set_bundle("first")
    metrics.set_bundle("second")
    metrics.set_worse_takeovers(2)
    page = metrics.render().decode()
    for line in (
        'chorus_requests_total{endpoint="/v1/recommend",method="POST",status="200"} 1.0',
        'chorus_request_seconds_bucket{endpoint="/v1/recommend",le="0.005"} 1.0',
        'chorus_stage_seconds_sum{stage="score"} 0.0015',
        'chorus_degraded_total{reason="state:session_only"} 1.0',
        'chorus_events_total{outcome="accepted"} 3.0',
        'chorus_events_total{outcome="rejected"} 2.0',
        'chorus_errors_total{code="invalid_request"} 1.0',
        "chorus_corrupt_values_total 1.0",
        "chorus_store_circuit_open 1.0",
        "chorus_store_circuit_openings_total 2.0",
        'chorus_bundle_info{model_version="second"} 1.0',
    ):
        assert line in page
    assert 'model_version="first"' not in page


def test_two_services_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.count_error("not_found")
    assert "not_found" not in other.render().decode()
