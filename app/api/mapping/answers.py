"""Convert a slate into the answer, as plain values; orjson writes float32 in its shortest form."""

import math
import uuid
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from app.api.cursor import Page, encode_cursor
from app.api.mapping.ignored_inputs import name_ignored
from app.api.mapping.note_answers import note_answer
from app.api.schemas.recommendation import ListRequest, RankRequest
from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Candidates, Reason, Slate
from models.contract.arrays import Indices
from models.contract.catalogue import Item
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
    scored, order = slate.scored, slate.order
    heads = [
        (name, list(values[order]), list(scored.contributions[name][order]))
        for name, values in scored.values.items()
    ]
    sources = name_sources(scored.candidates, order)
    items = []
    for index, (row, score) in enumerate(
        zip(scored.candidates.rows[order].tolist(), list(scored.score[order]), strict=True)
    ):
        item = bundle.catalogue.item(row)
        items.append(
            {
                "item_id": item.item_id,
                "rank": len(page.shown) + index + 1,
                "score": score,
                "heads": {
                    name: {"value": values[index], "contribution": contributions[index]}
                    for name, values, contributions in heads
                },
                "sources": sources[index],
                "reasons": [reason_answer(reason) for reason in slate.reasons[index]]
                if slate.reasons
                else [],
                "fields": _read_fields(bundle, page, item),
                **_propensity_answer(page, slate, index),
            }
        )
    return items


def name_sources(candidates: Candidates, order: Indices) -> list[list[str]]:
    """The names of the sources of each candidate at the positions `order` [N]."""
    marks = candidates.from_source[:, order].T.tolist()
    return [list(compress(candidates.sources, each)) for each in marks]


def _read_fields(bundle: LoadedBundle, page: Page[ListRequest], item: Item) -> Mapping[str, object]:
    """The attributes of an item that the request names."""
    names = page.request.fields
    if not names:
        return {}
    asked = {name: item.attributes[name] for name in names if name in item.attributes}
    return collapse_attributes(asked, bundle.spec.hierarchies)


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
