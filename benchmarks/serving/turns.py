"""The turns of the benchmark: in each one all contenders, one after the other, at every number of connections."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.serving.calls import Call, Subject, build_calls
from benchmarks.serving.contender import Contender
from benchmarks.serving.load import Sample, ask_at, ask_in_turn, run

CONNECTIONS = (1, 8, 32)
COMPARED = 8
"""The number of connections at which throughput is compared."""
SHARE = 0.7
"""The rate of the open loop, as a share of the throughput of the same turn."""
WARM_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """The samples of each contender within one turn: only these are compared."""

    closed: Mapping[tuple[str, int], Sample]  # by name and number of connections
    open: Mapping[str, Sample]  # at SHARE of the throughput

    def rate_ratio(self, name: str, other: str) -> float:
        """Lists a second of one contender over those of another."""
        return divide(self.closed[name, COMPARED].rate, self.closed[other, COMPARED].rate)

    def cpu_ratio(self, name: str, other: str) -> float:
        """The processor time of a list of `other` over that of `name`: the rate_ratio of a core of their own."""
        return divide(self.closed[other, COMPARED].cpu_us, self.closed[name, COMPARED].cpu_us)

    def tail_ratio(self, name: str) -> float:
        """p99 over p50 at COMPARED connections."""
        sample = self.closed[name, COMPARED]
        return divide(sample.percentile(99), sample.percentile(50))

    def open_ratio(self, name: str) -> float:
        """p99 of the open loop over the p50 of one connection."""
        return divide(self.open[name].percentile(99), self.closed[name, 1].percentile(50))


def divide(value: float, by: float) -> float:
    """The quotient; NaN by zero, which is a server that answered nothing."""
    return value / by if by else float("nan")


def take_turns(
    contenders: Mapping[str, Contender], subject: Subject, turns: int, seconds: float
) -> list[Turn]:
    """Measure each contender for `seconds` at a time. Every other turn is in the opposite order."""
    names = list(contenders)
    for contender in contenders.values():
        run(ask_in_turn(contender.port, build_calls(subject, seed=turns), COMPARED, min(WARM_UP_S, seconds)))
    return [
        take_turn(contenders, names if turn % 2 == 0 else names[::-1], subject, turn, seconds)
        for turn in range(turns)
    ]


def take_turn(
    contenders: Mapping[str, Contender], names: Sequence[str], subject: Subject, turn: int, seconds: float
) -> Turn:
    """One turn. All contenders get the same calls."""
    calls = build_calls(subject, seed=turn)
    closed = {
        (name, connections): measure_closed(contenders[name], calls, connections, seconds)
        for connections in CONNECTIONS
        for name in names
    }
    loads = {}
    for name in names:
        rate = SHARE * closed[name, COMPARED].call_rate
        loads[name] = run(ask_at(contenders[name].port, calls, rate, seconds))
    return Turn(closed, loads)


def measure_closed(contender: Contender, calls: Sequence[Call], connections: int, seconds: float) -> Sample:
    """One closed loop, with the server's processor time, which other work of the machine changes little."""
    before = contender.cpu_s()
    sample = run(ask_in_turn(contender.port, calls, connections, seconds))
    sample.cpu_s = contender.cpu_s() - before
    return sample


def take_median(turns: Sequence[Turn], read: Callable[[Turn], float]) -> float:
    """The median over the turns, which other work of the machine moves least."""
    return statistics.median(map(read, turns))
