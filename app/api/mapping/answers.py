"""Convert a slate into the answer, as plain values; orjson writes float32 in its shortest form."""

import math
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from app.api.cursor import Page, encode_cursor
from app.api.mapping.ignored_inputs import name_ignored
from app.api.mapping.note_answers import note_answer
from app.api.schemas.recommendation import ListRequest, RankRequest
from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Reason, Slate
from models.contract.hierarchy import collapse_attributes

Plain = dict[str, Any]


def slate_answer(
    bundle: LoadedBundle,
    page: Page[ListRequest],
    slate: Slate,
    degraded: Sequence[str],
    cursor_key: bytes,
) -> Plain:
    """The value of a RecommendAnswer or RankAnswer without `took_ms`. Ranks continue from page to page."""
    ranked = item_answers(bundle, page, slate)
    first = len(page.shown) + len(ranked) + 1
    room = page.request.limit - len(ranked)
    unknown = [
        {"item_id": item_id, "rank": rank, "unknown": True}
        for rank, item_id in enumerate(slate.unknown[:room], start=first)
    ]
    items = ranked + unknown
    is_last = not _may_continue(page, slate, len(items))
    return {
        "recommendation_id": uuid.uuid4().hex,
        "model_version": bundle.manifest.model_version,
        "items": items,
        "diversity": {
            "method": slate.method,
            "intra_list_diversity": slate.intra_list_diversity,
            "relevance_cost": slate.relevance_cost,
        },
        "degraded": sorted({*degraded, *slate.degraded}),
        "ignored": name_ignored(bundle, page.request),
        "notes": [note_answer(note) for note in slate.notes],
        "plan": None if page.request.plan is None else page.request.plan.model_dump(mode="json"),
        "cursor": None if is_last else encode_cursor(page, [item["item_id"] for item in items], cursor_key),
    }


def item_answers(bundle: LoadedBundle, page: Page[ListRequest], slate: Slate) -> list[Plain]:
    """The values of the slate's RankedItems, best first."""
    scored, field_names = slate.scored, page.request.fields or ()
    hierarchies = bundle.spec.hierarchies
    sources, from_source = scored.candidates.sources, scored.candidates.from_source
    items = []
    for index, position in enumerate(slate.order.tolist()):
        item = bundle.catalogue.item(int(scored.candidates.rows[position]))
        items.append(
            {
                "item_id": item.item_id,
                "rank": len(page.shown) + index + 1,
                "score": scored.score[position],
                "heads": {
                    name: {"value": values[position], "contribution": scored.contributions[name][position]}
                    for name, values in scored.values.items()
                },
                "sources": [name for name, mask in zip(sources, from_source, strict=True) if mask[position]],
                "reasons": [reason_answer(reason) for reason in slate.reasons[index]]
                if slate.reasons
                else [],
                "fields": collapse_attributes(
                    {name: item.attributes[name] for name in field_names if name in item.attributes},
                    hierarchies,
                ),
                **_propensity_answer(page, slate, index),
            }
        )
    return items


def _propensity_answer(page: Page[ListRequest], slate: Slate, index: int) -> Plain:
    """With explain the propensity of a place: 1 without exploration, null where it is not known."""
    if not page.request.explain:
        return {}
    value = 1.0 if slate.propensity is None else float(slate.propensity[index])
    return {"propensity": None if math.isnan(value) else value}


def reason_answer(reason: Reason) -> Mapping[str, object]:
    """The value of a ReasonAnswer."""
    return {
        "code": reason.code,
        "item_ids": reason.item_ids,
        "strength": reason.strength,
        "text": reason.text,
    }


def _may_continue(page: Page[ListRequest], slate: Slate, answered: int) -> bool:
    """True if there may be another page after one of `answered` items."""
    if answered < page.request.limit:
        return False
    candidates = slate.scored.candidates
    if isinstance(page.request, RankRequest):
        return len(candidates.rows) + len(slate.unknown) > answered
    return candidates.allowed > answered
