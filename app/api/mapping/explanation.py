"""Convert the verdict on an item into the answer, as plain values."""

from collections.abc import Sequence
from dataclasses import asdict

from app.api.cursor import Page
from app.api.mapping.answers import Plain, reason_answer
from app.api.mapping.ignored_inputs import name_ignored
from app.api.schemas.recommendation import ListRequest
from app.bundle.bundle import LoadedBundle
from app.pipeline.why_not.verdict import Need, Rule, Stop, Verdict


def explanation_answer(
    bundle: LoadedBundle,
    page: Page[ListRequest],
    item_id: str,
    verdict: Verdict,
    degraded: Sequence[str],
) -> Plain:
    """The value of an ExplainAnswer without `took_ms`. The rank is that of the whole list, over its pages."""
    return {
        "item_id": item_id,
        "model_version": bundle.manifest.model_version,
        "recommended": verdict.rank is not None,
        "rank": None if verdict.rank is None else len(page.shown) + verdict.rank,
        "stopped_by": None if verdict.stop is None else _stop_answer(verdict.stop, page, item_id),
        "would_need": [[_need_answer(need, page, item_id) for need in changes] for changes in verdict.needs],
        "score": verdict.score,
        "heads": {
            name: {"value": value, "contribution": verdict.contributions[name]}
            for name, value in verdict.values.items()
        },
        "sources": verdict.sources,
        "reasons": [reason_answer(reason) for reason in verdict.reasons],
        "degraded": sorted({*degraded, *verdict.degraded}),
        "ignored": name_ignored(bundle, page.request),
    }


def _stop_answer(stop: Stop, page: Page[ListRequest], item_id: str) -> Plain:
    rule = _name(stop.rule, page, item_id)
    return {"stage": stop.stage, "rule": rule, "place": None if stop.place is None else asdict(stop.place)}


def _need_answer(need: Need, page: Page[ListRequest], item_id: str) -> Plain:
    return {"change": _name(need.change, page, item_id), "to": need.to}


def _name(name: str, page: Page[ListRequest], item_id: str) -> str:
    """The rule or change; the pipeline excludes what earlier pages have shown as it does the ids of the request."""
    return Rule.SHOWN if name == Rule.EXCLUDED and item_id in page.shown else name
