"""A store's fault: it begins with a failed call, is logged once a minute, and ends with a write."""

import logging

import pytest

from app.state.protocol import StateUnavailableError, StoreFault, StoreHealth

FULL = StateUnavailableError("expected an answer, given OOM", StoreFault.OUT_OF_MEMORY)
AWAY = StateUnavailableError("expected an answer, given nothing", StoreFault.UNREACHABLE)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_fault_has_a_beginning_and_an_end(caplog: pytest.LogCaptureFixture) -> None:
    clock, counted = Clock(), []
    health = StoreHealth(counted.append, clock)
    assert (health.fault, health.since) == (None, 100.0)
    with caplog.at_level(logging.WARNING, "chorus.store"):
        for moment, error in ((101, FULL), (102, FULL), (103, AWAY), (160, FULL), (161, FULL)):
            clock.now = float(moment)
            health.record_failure(error)
        assert (health.fault, health.since) == (StoreFault.OUT_OF_MEMORY, 101.0)
        health.record_success()
        clock.now = 162.0
        health.record_success()
        health.record_failure(FULL)
    assert [fault.value for fault in counted] == [
        "store_out_of_memory",
        "store_out_of_memory",
        "store_unreachable",
        "store_out_of_memory",
        "store_out_of_memory",
        "store_out_of_memory",
    ]
    logged = [(record.message, record.__dict__["fields"]["code"]) for record in caplog.records]
    assert logged == [
        ("the store failed", "store_out_of_memory"),
        ("the store failed", "store_unreachable"),
        ("the store failed", "store_out_of_memory"),
        ("the store works again", "store_out_of_memory"),
        ("the store failed", "store_out_of_memory"),
    ]
    assert caplog.records[0].__dict__["fields"]["reason"] == "expected an answer, given OOM"
    assert caplog.records[3].__dict__["fields"]["failed_s"] == 60.0
    assert health.since == 162.0
