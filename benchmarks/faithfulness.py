"""Benchmark: whether reasons are true and personal, over the users of a bundle.

    python -m benchmarks.faithfulness [BUNDLE] [USERS]

USERS users (100) with five events or more get a list of ten with reasons, a minute and a day after their last event.

- generic: items whose reasons are only popularity, a head's name or newness.
- faithful: removing the history item that "because you liked" names lowers the item's score more than removing another
  history item, drawn at random.
- recognised: the texts alone, without ids, are nearest to the history of their user among those of ten users. Ties
  share the point.
"""

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.pipeline.default_diversity import choose_diversity
from app.pipeline.explain.attribution import score_without
from app.pipeline.explain.evidence import title_of
from app.pipeline.explain.reasons import Code
from app.pipeline.recommend import answer_trace, trace_list
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Query, Slate, Trace
from models.contract.arrays import Indices
from models.contract.feature_spec import FieldKind
from models.ranking.budget import CANDIDATES

SEED = 0
USERS = 100
LEAST_EVENTS = 5
LIMIT = 10
GROUP = 10
"""Users among whom a list's reasons are recognised."""
MOMENTS = {"a minute later": 60.0, "a day later": 86_400.0}
"""Seconds after a user's last event."""
GENERIC = frozenset({Code.POPULAR, Code.RANKED, Code.NEW})


@dataclass(frozen=True, slots=True)
class Told:
    """A user's list with its reasons."""

    trace: Trace
    slate: Slate
    history: Indices  # distinct catalogue rows


def choose_users(bundle: LoadedBundle, count: int, rng: np.random.Generator) -> list[str]:
    """Ids of at most `count` users with LEAST_EVENTS events or more, drawn at random."""
    known = bundle.known_users
    able = (user for user in sorted(known.rows) if len(known.state(user).events) >= LEAST_EVENTS)
    return [str(user) for user in rng.permutation(list(able))[:count]]


def tell(bundle: LoadedBundle, user_id: str, after_s: float) -> Told:
    """The list of a user with its reasons, `after_s` seconds after the last event."""
    state = bundle.known_users.state(user_id)
    query = Query(
        state=state,
        now=max(event.timestamp for event in state.events) + after_s,
        limit=LIMIT,
        context={},
        weights=bundle.manifest.fusion.weights,
        diversity=choose_diversity(bundle, state),
        explain=True,
    )
    clock = StageClock()
    trace = trace_list(bundle, query, clock)
    rows = trace.encoded.events.columns.items
    return Told(trace, answer_trace(bundle, trace, clock), np.unique(rows[rows >= 0]))


def count_generic(told: Sequence[Told]) -> tuple[int, int]:
    """The number of items with generic reasons alone, and of all items."""
    codes = [{reason.code for reason in reasons} for one in told for reasons in one.slate.reasons]
    return sum(own <= GENERIC for own in codes), len(codes)


def compare_removals(bundle: LoadedBundle, told: Told, rng: np.random.Generator) -> list[bool]:
    """For each item with a named history item: whether the score falls further without it than without another one."""
    named = [
        (place, int(bundle.rows(reason.item_ids)[0]))
        for place, reasons in enumerate(told.slate.reasons)
        for reason in reasons
        if reason.code == Code.LIKED
    ]
    others = [int(rng.choice(told.history[told.history != row])) for _, row in named]
    left_out = np.unique([*(row for _, row in named), *others])
    trace = told.trace
    scores = score_without(
        bundle, trace.query, trace.texts, trace.encoded, told.slate, list(left_out.astype(np.int64)[:, None])
    )
    places = np.searchsorted(left_out, [(row, other) for (_, row), other in zip(named, others, strict=True)])
    return [
        bool(scores[without_named, place] < scores[without_other, place])
        for (place, _), (without_named, without_other) in zip(named, places.reshape(-1, 2), strict=True)
    ]


def recognise(bundle: LoadedBundle, told: Told, histories: Sequence[Indices]) -> float:
    """The share of the point for the first of the histories: 1 if the texts are nearest to it, less in a tie."""
    texts = [reason.text for reasons in told.slate.reasons for reason in reasons]
    fits = np.array([_fit(bundle, texts, history) for history in histories])
    return float(fits[0] == fits.max()) / np.count_nonzero(fits == fits.max())


def _fit(bundle: LoadedBundle, texts: Sequence[str], history: Indices) -> float:
    """How well texts fit a history: each title in it that a text ends with counts 1, each label by its log lift."""
    fields = tuple(field.name for field in bundle.spec.fields(FieldKind.TEXT))
    items = [bundle.catalogue.item(row) for row in history.tolist()]
    ends = {f" {title_of(item, fields)}" for item in items}
    labels = [label for row in history.tolist() for label in bundle.catalogue.labels[row]]
    lifts = {
        f" {label}": math.log(labels.count(label) / len(history) / bundle.label_shares.get(label, 1.0))
        for label in set(labels)
    }
    titles = sum(any(text.endswith(end) for end in ends) for text in texts)
    return titles + sum(lift for text in texts for end, lift in lifts.items() if text.endswith(end))


def main(folder: Path, count: int) -> None:
    """Run the benchmark and print the table."""
    bundle = load_bundle(folder, candidates=CANDIDATES)
    rng = np.random.default_rng(SEED)
    users = choose_users(bundle, count, rng)
    table = Table(
        "moment", "only generic", "faithful", "recognised", title=f"{len(users)} users of {folder.name}"
    )
    for name, after_s in MOMENTS.items():
        told = [tell(bundle, user, after_s) for user in users]
        generic, items = count_generic(told)
        faithful = [better for one in told for better in compare_removals(bundle, one, rng)]
        found = []
        for place, one in enumerate(told):
            others = rng.choice(
                [number for number in range(len(told)) if number != place], GROUP - 1, replace=False
            )
            found.append(recognise(bundle, one, [one.history, *(told[number].history for number in others)]))
        table.add_row(
            name,
            f"{generic / items:.1%} of {items}",
            f"{np.mean(faithful):.1%} of {len(faithful)}",
            f"{np.mean(found):.1%} of {len(found)}",
        )
    Console(width=100).print(table)


if __name__ == "__main__":
    given = sys.argv[1:3]
    defaults = ["bundles/movielens-100k", str(USERS)]
    bundle_folder, user_count = [*given, *defaults[len(given) :]]
    main(Path(bundle_folder), int(user_count))
