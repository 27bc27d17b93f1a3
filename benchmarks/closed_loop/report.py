"""The figures of the arms over the days that all of them lived, as a table, JSON and a plot."""

from collections.abc import Mapping, Sequence

from benchmarks.closed_loop.days import Day

WIDTH, HEIGHT = 480, 240
COLOURS = ("#666666", "#1f77b4", "#2ca02c", "#d62728")


def summarise(days: Sequence[Day], catalogue: int) -> dict[str, float]:
    """Reward and regret a list, coverage of the catalogue, and shares of new items; raises for no days."""
    if not days:
        raise ValueError("expected at least one day, given none")
    lists = sum(day.lists for day in days)
    gained = sum(day.reward for day in days)
    return {
        "days": len(days),
        "reward": gained / lists,
        "regret": (sum(day.best for day in days) - gained) / lists,
        "coverage": len(frozenset().union(*(day.shown for day in days))) / catalogue,
        "new_places": sum(day.new_places for day in days) / max(1, sum(day.places for day in days)),
        "new_takes": sum(day.new_takes for day in days) / max(1, sum(day.takes for day in days)),
    }


def table(summaries: Mapping[str, Mapping[str, float]]) -> str:
    """Markdown, a row for each arm; the gain is over the first one."""
    first = next(iter(summaries.values()))["reward"]
    lines = [
        "| Arm | Days | Reward a list | Gain | Regret | Coverage | New items: places | takes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in summaries.items():
        gain = row["reward"] / first - 1 if first else 0.0
        lines.append(
            f"| {name} | {row['days']:.0f} | {row['reward']:.3f} | {gain:+.1%} | {row['regret']:.3f} "
            f"| {row['coverage']:.2f} | {row['new_places']:.3f} | {row['new_takes']:.3f} |"
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
