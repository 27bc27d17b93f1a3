"""The floor: FastAPI, pydantic and one read of Redis, which answer 20 items without computing any of them.

    python -m benchmarks.serving.floor PORT REDIS_URL BUNDLE

No service with this stack is faster. An event is one write, as durable as that of the others.
"""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from redis.asyncio import BlockingConnectionPool, Redis

from benchmarks.serving.calls import LIMIT, read_subject

KEY = "floor:list"


class ListRequest(BaseModel):
    """A request for a list, as far as it is read."""

    user_id: str
    limit: int = LIMIT
    context: dict[str, str] = {}
    weights: dict[str, float] = {}
    diversity: dict[str, str | float] = {}


class ListedItem(BaseModel):
    """One item of a list."""

    item_id: str
    rank: int
    score: float
    heads: dict[str, float]


class ListAnswer(BaseModel):
    """A list of items."""

    user_id: str
    items: list[ListedItem]


class PostedEvent(BaseModel):
    """An event of a user."""

    user_id: str
    item_id: str
    action: str
    value: float | None = None


class EventsRequest(BaseModel):
    """Events to be stored."""

    events: list[PostedEvent]


class EventsAnswer(BaseModel):
    """How many events were stored."""

    accepted: int


def write_list(bundle: Path) -> str:
    """The list that every answer has, as JSON."""
    subject = read_subject(bundle)
    heads = dict.fromkeys(subject.heads, 0.1234567)
    items = [
        {"item_id": item, "rank": rank + 1, "score": 1 / (rank + 1), "heads": heads}
        for rank, item in enumerate(subject.items[:LIMIT])
    ]
    return json.dumps(items)


def open_redis(url: str) -> Redis:
    """A client whose calls wait for a connection; by default they fail when all are in use."""
    return Redis.from_pool(BlockingConnectionPool.from_url(url, max_connections=32, timeout=None))


def open_app(redis: Redis, start: Callable[[], Awaitable[object]]) -> FastAPI:
    """An application that is ready after `start`, and closes the client at the end."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await start()
        yield
        await redis.aclose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    async def read_state() -> dict[str, str]:
        return {"status": "ready"}

    return app


def serve_app(app: FastAPI, port: int) -> None:
    """Serve an application as plainly as the floor is served."""
    uvicorn.run(app, port=port, log_level="warning", access_log=False)


def create_app(redis_url: str, bundle: Path) -> FastAPI:
    """The application."""
    redis = open_redis(redis_url)
    app = open_app(redis, lambda: redis.set(KEY, write_list(bundle)))

    @app.post("/v1/recommend", response_model=ListAnswer)
    async def answer_list(body: ListRequest) -> dict[str, Any]:
        stored = await redis.get(KEY) or b"[]"
        return {"user_id": body.user_id, "items": json.loads(stored)[: body.limit]}

    @app.post("/v1/events", response_model=EventsAnswer)
    async def store_events(body: EventsRequest) -> dict[str, int]:
        for event in body.events:
            await redis.rpush(f"floor:events:{event.user_id}", event.model_dump_json())
        return {"accepted": len(body.events)}

    return app


if __name__ == "__main__":
    serve_app(create_app(sys.argv[2], Path(sys.argv[3])), int(sys.argv[1]))
