"""Convert an answer into the impression that is kept of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from app.api.schemas.recommendation import ListRequest
from app.bundle.bundle import LoadedBundle
from app.pipeline.types import Query, Slate
from app.state.protocol import Impression

MOST_ITEMS = 100
"""Places of a list that are kept: all of a recommendation, and the first ones of a long ranking."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer that was sent."""

    request: ListRequest  # whose words are a plan
    words: str
    query: Query
    slate: Slate
    answer: Mapping[str, Any]
    shown_at: float  # Unix seconds
    bundle: LoadedBundle
    variant: str | None = None  # of an experiment that the answer counts in


def build_impression(shown: Shown) -> Impression:
    """The impression of an answer. Unknown items are left out."""
    request, query, answer = shown.request, shown.query, shown.answer
    items = [item for item in answer["items"] if "score" in item][:MOST_ITEMS]
    scored, order = shown.slate.scored, shown.slate.order[: len(items)]
    columns = {
        "scores": scored.score[order],
        "heads": {name: values[order] for name, values in scored.values.items()} if items else {},
    }
    plain = orjson.loads(
        orjson.dumps(columns, option=orjson.OPT_SERIALIZE_NUMPY)
    )  # float32 in its shortest form
    return Impression(
        recommendation_id=answer["recommendation_id"],
        user_id=query.state.user_id,
        shown_at=shown.shown_at,
        model_version=answer["model_version"],
        item_ids=tuple(item["item_id"] for item in items),
        scores=tuple(plain["scores"]),
        heads={name: tuple(column) for name, column in plain["heads"].items()},
        sources=tuple(tuple(item["sources"]) for item in items),
        propensity=_read_propensities(shown)[: len(items)],
        first_rank=items[0]["rank"] if items else 1,
        scene=request.scene,
        variant=shown.variant,
        context=dict(query.context),
        weights=dict(query.weights),
        query=shown.words,
        ages=_name_ages(shown, [item["item_id"] for item in items]),
        plan=None if request.plan is None else request.plan.model_dump(mode="json", exclude_defaults=True),
    )


def _name_ages(shown: Shown, item_ids: Sequence[str]) -> tuple[str, ...]:
    """The band of each item's age."""
    rows = (shown.bundle.catalogue.row(item_id) for item_id in item_ids)
    return tuple(shown.bundle.ages.name(row, shown.shown_at) for row in rows)


def _read_propensities(shown: Shown) -> tuple[float | None, ...]:
    """The propensity of each place, None where it is not known; empty without exploration."""
    propensity = shown.slate.propensity
    if propensity is None:
        return ()
    return tuple(None if math.isnan(value) else value for value in propensity.tolist())
