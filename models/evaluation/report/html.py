"""The report as one HTML page that needs nothing else: no script, no outside file, light and dark."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from models.evaluation.report.charts import bar_chart, line_chart, reliability_diagram
from models.evaluation.report.console import RANKING_COLUMNS, figure_text, method_text
from models.evaluation.report.schema import MODEL, Epoch, HeadReport, RankingTable, Report

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #6b7280; --line: #d5d9df; --ground: #ffffff;
  --bar: #9db4d6; --own: #1f5fbf; --c0: #1f5fbf; --c1: #b4540a; --c2: #2e7d32; --c3: #8e24aa; --c4: #00838f;
  --c5: #ad1457; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa3af; --line: #3a4048;
  --ground: #15181c; --bar: #4a5f80; --own: #7fb0ff; --c0: #7fb0ff; --c1: #f0a35c; --c2: #81c784;
  --c3: #ce93d8; --c4: #4dd0e1; --c5: #f48fb1; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 860px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
p, figcaption { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
tr.own { font-weight: 650; }
svg { width: 100%; max-width: 640px; height: auto; display: block; }
svg text { font-size: 12px; fill: var(--ink); }
.bar { fill: var(--bar); } .bar.own { fill: var(--own); }
.axis { fill: none; stroke: var(--soft); } .ideal { stroke: var(--soft); stroke-dasharray: 4 4; }
.dot { fill: var(--own); fill-opacity: .75; } .line { fill: none; stroke-width: 2; }
""" + "".join(
    f".line.l{n} {{ stroke: var(--c{n}); }} svg text.l{n} {{ fill: var(--c{n}); }}\n" for n in range(6)
)


def render_page(report: Report) -> str:
    """The page's HTML."""
    title = escape(f"{report.job}, {report.model_version}")
    body = [
        f"<h1>{title}</h1>",
        _summary(report),
        _ranking("At the cut", "One list a user, ranked at the test moment.", report.at_cutoff, report.k),
        _ranking("Next event", "One list an event, given all before it.", report.next_event, report.k),
        *(f"<p>{escape(name)} left out: {escape(why)}</p>" for name, why in report.refused.items()),
        _heads(report.heads),
        _training(report.training),
        _pairs("Fusion weights", {name: f"{weight:.4f}" for name, weight in report.fusion_weights.items()}),
        _pairs("Seconds", {name: f"{seconds:.2f}" for name, seconds in report.timings.items()}),
        _pairs("Cleaning", {name: f"{count:,}" for name, count in report.cleaning.items()}),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body>{''.join(body)}</body></html>\n"
    )


def _summary(report: Report) -> str:
    data = report.data
    return (
        f"<p>Made {escape(report.created_at)} from {data.interactions:,} interactions of {data.users:,} "
        f"users with {data.items:,} items: {data.train:,} to train, {data.valid:,} to validate, "
        f"{data.test:,} to test.</p>"
    )


def _ranking(title: str, meaning: str, table: RankingTable, k: int) -> str:
    if not table.rows:
        return ""
    head = ["method", *(f"{label}@{k}" for label in RANKING_COLUMNS.values())]
    rows = [
        [method_text(row), *(figure_text(getattr(row, name)) for name in RANKING_COLUMNS)]
        for row in table.rows
    ]
    own = [row.name == MODEL for row in table.rows]
    bars = bar_chart({method_text(row): row.ndcg for row in table.rows}, _own_text(table))
    return (
        f"<h2>{escape(title)}</h2><p>{escape(meaning)} {table.lists:,} lists.</p>"
        f"<figure><figcaption>NDCG@{k}</figcaption>{bars}</figure>{_table(head, rows, own)}"
    )


def _own_text(table: RankingTable) -> str:
    return next((method_text(row) for row in table.rows if row.name == MODEL), "")


def _heads(heads: Sequence[HeadReport]) -> str:
    parts = []
    for head in heads:
        rows = [
            [name, figure_text(head.before.get(name, float("nan"))), figure_text(value)]
            for name, value in head.after.items()
        ]
        parts.append(f"<h3>{escape(head.name)}: {escape(head.kind)}, {head.count:,} rows</h3>")
        parts.append(_table(["figure", "raw", "calibrated"], rows, [False] * len(rows)))
        if head.reliability:
            diagram = reliability_diagram(head.reliability)
            parts.append(f"<figure><figcaption>Observed share over prediction</figcaption>{diagram}</figure>")
    return "<h2>Heads</h2>" + "".join(parts) if parts else ""


def _training(epochs: Sequence[Epoch]) -> str:
    if not epochs:
        return ""
    names = list(dict.fromkeys(name for epoch in epochs for name in epoch.train_loss))
    lines = {"validation": [epoch.valid_loss for epoch in epochs]} | {
        f"train: {name}": [epoch.train_loss.get(name, float("nan")) for epoch in epochs] for name in names
    }
    return f"<h2>Training</h2><figure><figcaption>Loss</figcaption>{line_chart(lines, 'epoch')}</figure>"


def _pairs(title: str, pairs: Mapping[str, str]) -> str:
    rows = [[name, value] for name, value in pairs.items()]
    return f"<h2>{escape(title)}</h2>{_table(['', ''], rows, [False] * len(rows))}" if rows else ""


def _table(head: Iterable[str], rows: Sequence[Sequence[str]], own: Sequence[bool]) -> str:
    top = "".join(f"<th>{escape(label)}</th>" for label in head)
    body = "".join(
        ("<tr class='own'>" if marked else "<tr>")
        + "".join(f"<td>{escape(cell)}</td>" for cell in row)
        + "</tr>"
        for row, marked in zip(rows, own, strict=True)
    )
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
