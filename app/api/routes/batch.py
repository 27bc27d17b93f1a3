"""POST /v1/batch-score: many (user, item) pairs in one call."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from app.api.batch_scoring import score_groups
from app.api.dependencies import CallersTenant, Serving, Threads
from app.api.guarded_route import make_guarded_router
from app.api.openapi import BODY_ERRORS, error_answers
from app.api.rate_limits import charge_pairs
from app.api.request_body import Json
from app.api.responses import json_response
from app.api.schemas.batch import BatchAnswer, BatchRequest, Group

NDJSON = "application/x-ndjson"
LINES: dict[int | str, dict[str, Any]] = {
    200: {"content": {NDJSON: {"schema": {"type": "string", "description": "one group a line"}}}}
}

router = make_guarded_router("recommendations")


@router.post("/batch-score", response_model=BatchAnswer, responses={**LINES, **error_answers(*BODY_ERRORS)})
async def score_batch(
    body: Json[BatchRequest], request: Request, tenant: CallersTenant, service: Serving, threads: Threads
) -> Response:
    """Every group's scores, in order. With `Accept: application/x-ndjson` a line a group, as soon as it is ready."""
    pairs = sum(len(group.item_ids) for group in body.groups if isinstance(group, Group))
    await charge_pairs(request, service.access, pairs)
    bundle = tenant.bundle
    answers = score_groups(tenant, threads, bundle, body.groups, service.clock())
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(write_lines(answers), media_type=NDJSON)
    groups = [answer async for portion in answers for answer in portion]
    return json_response({"model_version": bundle.manifest.model_version, "groups": groups})


async def write_lines(answers: AsyncIterator[list[dict[str, Any]]]) -> AsyncIterator[bytes]:
    """Yield the answers as JSON Lines, a chunk for each portion."""
    option = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    async for portion in answers:
        yield b"".join(orjson.dumps(answer, option=option) for answer in portion)
