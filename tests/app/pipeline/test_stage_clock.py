"""Stage times add up to the time that passed."""

import time

from app.pipeline.stage_clock import StageClock


def test_a_stage_that_runs_twice_is_summed_and_nothing_is_counted_twice():
    started = time.perf_counter()
    clock = StageClock()
    for stage, seconds in (("retrieve", 0.01), ("score", 0.001), ("retrieve", 0.02)):
        time.sleep(seconds)
        clock.finish(stage)
    passed_ms = (time.perf_counter() - started) * 1000
    assert list(clock.took_ms) == ["retrieve", "score"]
    assert clock.took_ms["retrieve"] >= 30
    assert clock.took_ms["retrieve"] + clock.took_ms["score"] <= passed_ms
