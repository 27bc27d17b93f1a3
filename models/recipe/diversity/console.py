"""Print the frontier of diversity, and the cost of popularity debiasing, as tables on a terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.evaluation.debias_frontier import DebiasPoint
from models.evaluation.frontier import FrontierPoint
from models.evaluation.list_search.comparison import SearchComparison
from models.evaluation.paired_bootstrap import Interval
from models.recipe.diversity.result import DiversityResult, Frontier


def print_result(result: DiversityResult, console: Console) -> None:
    """Print the frontier of each protocol with the default's row in bold, its price, and the searches' table."""
    objective = " + ".join(f"{weight:g} {head}" for head, weight in result.objective.items())
    console.print(
        f"objective {objective}, graded NDCG@{result.k} on the {result.part} part; intra-list diversity by "
        f"{result.space}; as by default, a clear intent leaves the order as it is",
        highlight=False,
    )
    for frontier in result.frontiers:
        title = f"{frontier.protocol}, {frontier.lists:,} of {frontier.all_lists:,} lists"
        console.print(title, style="italic", highlight=False)
        console.print(_tabulate_points(frontier, result.bootstrap_level))
        console.print(describe_default(frontier), highlight=False)
        console.print(f"{frontier.protocol}, the default with popularity debiasing", style="italic")
        console.print(_tabulate_debias(frontier.debias, result))
    console.print("greedy lists beside simulated annealing and a genetic search", style="italic")
    console.print(_tabulate_searches(result))


def describe_default(frontier: Frontier) -> str:
    """One line: what the fitted default costs, and what it brings."""
    default, none = frontier.default, frontier.points[0]
    price = "nothing" if default.difference is None else format_difference(default.difference)
    return (
        f"the fitted default, {default.method} {default.strength:g}: objective {price}, intra-list diversity "
        f"{_format(default.intra_list_diversity)} instead of {_format(none.intra_list_diversity)}"
    )


def format_difference(interval: Interval) -> str:
    """A difference with its interval."""
    return f"{interval.mean:+.4f} ({interval.low:+.4f} to {interval.high:+.4f})"


def _tabulate_points(frontier: Frontier, level: float) -> Table:
    table = Table("Diversity", box=SIMPLE_HEAD)
    headings = (
        "Objective",
        f"Less none ({level:.0%} interval)",
        "ILD",
        "Coverage",
        "Entropy, bits",
        "Novelty, bits",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for point in frontier.points:
        table.add_row(*_list_cells(point), style="bold" if point.is_default else None)
    return table


def _list_cells(point: FrontierPoint) -> list[str]:
    name = point.method if point.difference is None else f"{point.method} {point.strength:g}"
    figures = (point.intra_list_diversity, point.coverage, point.category_entropy, point.novelty)
    return [
        f"{name}, the default" if point.is_default else name,
        f"{point.objective:.4f}",
        "" if point.difference is None else format_difference(point.difference),
        *map(_format, figures),
    ]


def _tabulate_debias(points: Sequence[DebiasPoint], result: DiversityResult) -> Table:
    """A row for each strength; the last columns are shares of the places by band of popularity."""
    table = Table("Debias", box=SIMPLE_HEAD)
    bands = tuple(points[0].exposure)
    lead = f"Less 0 ({result.bootstrap_level:.0%} interval)"
    for heading in (f"NDCG@{result.k}", lead, "Coverage", "Novelty, bits", *(f"Of {band}" for band in bands)):
        table.add_column(heading, justify="right")
    for point in points:
        shares = (point.exposure[band] for band in bands)
        table.add_row(
            f"{point.strength:g}",
            f"{point.ndcg:.4f}",
            "" if point.difference is None else format_difference(point.difference),
            _format(point.coverage),
            _format(point.novelty),
            *("" if share is None else f"{share:.1%}" for share in shares),
        )
    return table


def _tabulate_searches(result: DiversityResult) -> Table:
    table = Table("Diversity", box=SIMPLE_HEAD)
    headings = (
        "By relevance",
        "Greedy",
        "Annealing",
        "Genetic",
        "Greedy of the best",
        "Least",
        "Of the gain",
    )
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in result.searches:
        table.add_row(f"{row.method} {row.strength:g}", *_list_values(row))
    return table


def _list_values(row: SearchComparison) -> list[str]:
    values = (row.by_relevance, row.greedy, row.annealing, row.genetic)
    shares = (row.share, row.least_share, row.share_of_gain)
    return [
        *(f"{value:.3f}" for value in values),
        *("" if share is None else f"{share:.1%}" for share in shares),
    ]


def _format(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"
