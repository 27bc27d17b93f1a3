"""A slate -> the answer, as plain values. float32 numbers stay numpy scalars, which are written shortest."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from app.api.cursor import Page, continued
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Reason, Slate

Plain = dict[str, Any]


def slate_answer(
    bundle: LoadedBundle, page: Page[RecommendRequest], slate: Slate, degraded: Sequence[str]
) -> Plain:
    """Everything of the answer but `took_ms`. Ranks go on from page to page."""
    ranked = ranked_items(bundle, page, slate)
    first = len(page.shown) + len(ranked) + 1
    room = page.request.limit - len(ranked)
    unknown = [
        {"item_id": item_id, "rank": rank, "unknown": True}
        for rank, item_id in enumerate(slate.unknown[:room], start=first)
    ]
    items = ranked + unknown
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
        "cursor": continued(page, [item["item_id"] for item in items])
        if _more(page, slate, len(items))
        else None,
    }


def ranked_items(bundle: LoadedBundle, page: Page[RecommendRequest], slate: Slate) -> list[Plain]:
    """One object an item of the slate, best first."""
    scored, names = slate.scored, page.request.fields or ()
    found_by = scored.candidates.found_by
    answered = []
    for place, position in enumerate(slate.order.tolist()):
        item = bundle.catalogue.item(int(scored.candidates.rows[position]))
        answered.append(
            {
                "item_id": item.item_id,
                "rank": len(page.shown) + place + 1,
                "score": scored.score[position],
                "heads": {
                    name: {"value": values[position], "contribution": scored.contributions[name][position]}
                    for name, values in scored.values.items()
                },
                "sources": [
                    name for name, by in zip(scored.candidates.sources, found_by, strict=True) if by[position]
                ],
                "reasons": [_reason(reason) for reason in slate.reasons[place]] if slate.reasons else [],
                "fields": {name: item.attributes[name] for name in names if name in item.attributes},
            }
        )
    return answered


def _reason(reason: Reason) -> Mapping[str, object]:
    return {
        "code": reason.code,
        "item_ids": reason.item_ids,
        "strength": reason.strength,
        "text": reason.text,
    }


def _more(page: Page[RecommendRequest], slate: Slate, answered: int) -> bool:
    """Whether there may be a page after this one."""
    if answered < page.request.limit:
        return False
    candidates = slate.scored.candidates
    ranked = isinstance(page.request, RankRequest)
    return (len(candidates.rows) + len(slate.unknown) if ranked else candidates.allowed) > answered
