import math

import pytest

from benchmarks.serving.figures import compare, summarise_samples
from benchmarks.serving.load import Sample
from benchmarks.serving.turns import Turn, divide


def sample(rate: float, p50: float = 10.0, cpu_s: float = 0.5) -> Sample:
    """One second of a server that answers `rate` lists of which each took p50 but one, which took twice as long."""
    latencies = [p50] * (int(rate) - 1) + [2 * p50]
    return Sample(seconds=1.0, latencies=latencies, calls=int(rate), cpu_s=cpu_s)


def turn(chorus: float, floor: float, naive: float, cpu_s: float = 0.5) -> Turn:
    """A turn by the lists a second at eight connections."""
    closed = {("chorus", 1): sample(50, p50=4.0), ("chorus", 8): sample(chorus, cpu_s=cpu_s)}
    closed |= {("floor", 8): sample(floor), ("naive", 8): sample(naive)}
    return Turn(closed, {"chorus": sample(2, p50=12.0)})


def test_ratios_are_medians_of_those_within_a_turn() -> None:
    turns = [turn(100, 400, 50), turn(100, 200, 20), turn(300, 1000, 100)]
    ratios = compare(turns, ("chorus", "floor", "naive"))
    assert ratios.floor == 0.3  # of 0.25, 0.5 and 0.3
    assert ratios.naive == 3.0  # of 2, 5 and 3
    assert ratios.naive_cpu == pytest.approx(3.0)  # of the same, as all took as much processor time a second
    assert compare(turns, ("chorus", "floor")).naive is None


def test_processor_time_gives_the_ratio_without_the_clock() -> None:
    # 0.5 s for 100 lists are 5 ms, 0.5 s for 400 are 1.25 ms.
    assert turn(100, 400, 50).cpu_ratio("chorus", "floor") == pytest.approx(0.25)
    assert turn(100, 400, 50, cpu_s=0.25).cpu_ratio("chorus", "floor") == pytest.approx(0.5)


def test_tails_by_hand() -> None:
    made = turn(101, 400, 50)  # 100 lists of 10 ms and one of 20 ms: rank 99 of 0..100 is 10 ms
    assert made.tail_ratio("chorus") == 1.0
    # The open loop has one list of 12 ms and one of 24: p99 is 23.88; one connection has p50 4.
    assert made.open_ratio("chorus") == pytest.approx(23.88 / 4)


def test_a_server_without_answers_has_no_ratio() -> None:
    assert math.isnan(divide(1.0, 0.0))
    assert divide(1.0, 4.0) == 0.25


def test_loads_are_medians_and_failures_are_summed() -> None:
    samples = [sample(10, p50=3.0), sample(30, p50=1.0), sample(20, p50=2.0)]
    samples[0].failed, samples[2].failed = 2, 1
    figures = summarise_samples(samples)
    assert (figures.lists_per_s, figures.p50_ms, figures.failed) == (20, 2.0, 3)
    assert figures.cpu_us == pytest.approx(25_000)  # 0.5 s for 20 lists
