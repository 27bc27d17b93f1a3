"""Encode an impression as one JSON document, in columns."""

from typing import Any

import orjson

from app.state.protocol import Impression
from app.state.redis.codec import CorruptValueError

OPTIONAL = ("scene", "variant", "context", "weights", "propensity", "query", "plan")
"""Fields that are left out where they are empty."""


def pack_impression(impression: Impression) -> bytes:
    """The document, without the user, who stands beside it."""
    values: dict[str, Any] = {
        "recommendation_id": impression.recommendation_id,
        "shown_at": impression.shown_at,
        "model_version": impression.model_version,
        "item_ids": impression.item_ids,
        "scores": impression.scores,
        "heads": impression.heads,
        "sources": impression.sources,
        "first_rank": impression.first_rank,
    }
    optional = {name: getattr(impression, name) for name in OPTIONAL}
    return orjson.dumps(values | {name: value for name, value in optional.items() if value})


def unpack_impression(user_id: str | None, packed: bytes) -> Impression:
    """The impression of a user. Raises CorruptValueError."""
    try:
        values: dict[str, Any] = orjson.loads(packed)
        return Impression(
            **{
                **values,
                "user_id": user_id,
                "item_ids": tuple(values["item_ids"]),
                "scores": tuple(values["scores"]),
                "heads": {name: tuple(column) for name, column in values["heads"].items()},
                "sources": tuple(map(tuple, values["sources"])),
                "propensity": tuple(values.get("propensity", ())),
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise CorruptValueError(
            f"expected an impression, given {len(packed)} bytes of something else"
        ) from exc
