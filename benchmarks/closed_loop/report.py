"""The figures of the arms over the days that all of them lived, as a table, JSON and a plot."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.closed_loop.days import Day

WIDTH, HEIGHT = 480, 240
COLOURS = ("#666666", "#1f77b4", "#2ca02c", "#d62728")


def summarise(days: Sequence[Day], catalogue: int) -> dict[str, float]:
    """Reward and regret a list, coverage of the catalogue, and the fate of new items; raises for no days.

    Of the new items: their share of the places and of the takes, the share of them that was shown, and of those that a
    user's best list has within a day of their birth the share that such a user was shown by then.
    """
    if not days:
        raise ValueError("expected at least one day, given none")
    lists = sum(day.lists for day in days)
    shown, born = _join(day.shown for day in days), _join(day.born for day in days)
    wanted, reached = _join(day.wanted for day in days), _join(day.reached for day in days)
    gained = sum(day.reward for day in days)
    return {
        "days": len(days),
        "reward": gained / lists,
        "regret": (sum(day.best for day in days) - gained) / lists,
        "coverage": len(shown) / catalogue,
        "new_places": sum(day.new_places for day in days) / max(1, sum(day.places for day in days)),
        "new_takes": sum(day.new_takes for day in days) / max(1, sum(day.takes for day in days)),
        "new_shown": len(shown & born) / max(1, len(born)),
        "new_reached": len(reached) / max(1, len(wanted)),
    }


def _join(parts: Iterable[frozenset[int]]) -> frozenset[int]:
    """The items of any day."""
    return frozenset[int]().union(*parts)


def table(summaries: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown, a row for each arm; the gain is over the first one."""
    first = next(iter(summaries.values()))["reward"]
    lines = [
        "| Arm | Days | Reward a list | Gain | Regret | Coverage | New items: places | takes | shown | reached |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in summaries.items():
        gain = row["reward"] / first - 1 if first else 0.0
        lines.append(
            f"| {name} | {row['days']:.0f} | {row['reward']:.3f} | {gain:+.1%} | {row['regret']:.3f} "
            f"| {row['coverage']:.2f} | {row['new_places']:.3f} | {row['new_takes']:.3f} "
            f"| {row['new_shown']:.2f} | {row['new_reached']:.2f} |"
        )
    return "\n".join(lines)


def plot(arms: Mapping[str, Sequence[Day]]) -> str:
    """SVG: the share of the oracle's reward, from 0 to 1, over the days, a line for each arm."""
    last = max((len(days) for days in arms.values()), default=1)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-size="11">']
    for number, (name, days) in enumerate(arms.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{20 + (WIDTH - 40) * place / max(1, last - 1):.1f},"
            f"{HEIGHT - 20 - (HEIGHT - 40) * day.reward / day.best:.1f}"
            for place, day in enumerate(days)
        )
        parts.append(f'<polyline fill="none" stroke="{colour}" points="{points}"/>')
        parts.append(f'<text x="24" y="{20 + 14 * number}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
