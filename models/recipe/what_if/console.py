"""Print the result of `chorus what-if` as tables on a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.evaluation.paired_bootstrap import Interval
from models.recipe.what_if.result import WhatIfResult

TITLES = {
    "logged": "the logged policy",
    "ips": "inverse propensity scoring (ips)",
    "snips": "the same, normalised (snips)",
    "rips": "reward interaction (rips)",
    "snrips": "the same, normalised (snrips)",
    "dr": "doubly robust (dr)",
}


def print_result(result: WhatIfResult, console: Console) -> None:
    """Print the values with their intervals, the support, and the warnings."""
    target, support = result.target, result.support
    weights = " + ".join(f"{weight:g} {head}" for head, weight in target.weights.items())
    diversity = "" if target.method == "none" else f", {target.method} {target.diversity:g}"
    console.print(
        f"{result.reward} a list of {result.places} places; the target policy reorders the items of each list by "
        f"{weights}{diversity}, softmax of strength {target.strength:g}",
        highlight=False,
    )
    table = Table("Value by", box=SIMPLE_HEAD)
    for heading in ("Value", "95% interval", "Less the logged policy", "95% interval"):
        table.add_column(heading, justify="right")
    for name, value in result.values.items():
        difference = None if name == "logged" else value.difference
        table.add_row(TITLES[name], *_describe(value.value, ""), *_describe(difference, "+"))
    console.print(table)
    left_out = ", ".join(f"{count} {reason}" for reason, count in result.left_out.items() if count)
    console.print(
        f"{support.lists} lists of {support.users} users, {support.effective_lists:.0f} effective; mean weight "
        f"{support.mean_weight:.3f}{'; left out: ' + left_out if left_out else ''}",
        highlight=False,
    )
    for warning in result.warnings:
        console.print(f"warning: {warning}", highlight=False)


def _describe(interval: Interval | None, sign: str) -> tuple[str, str]:
    if interval is None:
        return "", ""
    number = f"{sign}.4f"
    return format(interval.mean, number), f"{interval.low:{number}} to {interval.high:{number}}"
