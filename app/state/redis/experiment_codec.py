"""Encode an experiment as one JSON document."""

from dataclasses import asdict
from typing import Any

import orjson

from app.state.protocol.experiments import Experiment, Variant
from app.state.redis.codec import CorruptValueError


def pack_experiment(experiment: Experiment) -> bytes:
    """The document."""
    return orjson.dumps(asdict(experiment))


def unpack_experiment(packed: bytes) -> Experiment:
    """The experiment of a document. Raises CorruptValueError."""
    try:
        values: dict[str, Any] = orjson.loads(packed)
        variants = tuple(Variant(**each) for each in values["variants"])
        return Experiment(**{**values, "variants": variants})
    except (ValueError, TypeError, KeyError) as exc:
        raise CorruptValueError(
            f"expected an experiment, given {len(packed)} bytes of something else"
        ) from exc
