"""The naive design: the bundle's own network behind FastAPI, written the plain way.

    python -m benchmarks.serving.naive PORT REDIS_URL BUNDLE

Histories are lists of JSON in Redis, read by redis-py; every history is padded; answers go through a response model.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import torch
from fastapi import FastAPI
from redis.asyncio import Redis

from app.bundle.record_files import read_user_ids
from benchmarks.serving.floor import (
    EventsAnswer,
    EventsRequest,
    ListAnswer,
    ListRequest,
    open_app,
    open_redis,
    serve_app,
)
from benchmarks.serving.naive_model import NaiveModel, PastEvent

KEY = "naive:history:"


async def write_histories(redis: Redis, model: NaiveModel, bundle: Path) -> None:
    """Write the bundle's histories to Redis."""
    log, user_ids = model.histories, read_user_ids(bundle)
    actions = [log.action_names[number] for number in log.actions.tolist()]
    values = [None if math.isnan(value) else value for value in log.values.tolist()]
    events = list(zip(log.items.tolist(), actions, values, log.times.tolist(), strict=True))
    for number, user_id in enumerate(user_ids):
        part = events[log.offsets[number] : log.offsets[number + 1]]
        if part:
            await redis.rpush(KEY + user_id, *map(json.dumps, part))


def create_app(redis_url: str, bundle: Path) -> FastAPI:
    """The application."""
    model = NaiveModel.load(bundle)
    redis = open_redis(redis_url)
    length = model.network.config.history_length

    app = open_app(redis, lambda: write_histories(redis, model, bundle))

    @app.post("/v1/recommend", response_model=ListAnswer)
    async def answer_list(body: ListRequest) -> dict[str, Any]:
        stored = await redis.lrange(KEY + body.user_id, -length, -1)
        past = [PastEvent(*json.loads(event)) for event in stored]
        picked = model.pick(body.user_id, past, time.time(), body.weights)
        items = [
            {"item_id": model.item_ids[row], "rank": rank, "score": score, "heads": heads}
            for rank, (row, score, heads) in enumerate(zip(*picked, strict=True), start=1)
        ]
        return {"user_id": body.user_id, "items": items[: body.limit]}

    @app.post("/v1/events", response_model=EventsAnswer)
    async def store_events(body: EventsRequest) -> dict[str, int]:
        for event in body.events:
            past = PastEvent(model.rows[event.item_id], event.action, event.value, time.time())
            await redis.rpush(KEY + event.user_id, json.dumps(past))
        return {"accepted": len(body.events)}

    return app


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve_app(create_app(sys.argv[2], Path(sys.argv[3])), int(sys.argv[1]))
