"""GET /v1/outcomes: how often what answers showed was taken."""

from typing import Annotated

from fastapi import Query, Response

from app.api.dependencies import CallersTenant, Serving
from app.api.guarded_route import make_guarded_router
from app.api.mapping.outcomes import outcomes_answer, read_dimensions
from app.api.openapi import error_answers
from app.api.responses import json_response
from app.api.schemas.outcomes import OutcomesAnswer, OutcomesQuery
from app.state.protocol.outcomes import HOUR_S
from app.worker_thread import run_in_thread

router = make_guarded_router("outcomes")


@router.head("/outcomes", include_in_schema=False)
@router.get("/outcomes", response_model=OutcomesAnswer, responses=error_answers(401, 403, 422, 429, 503))
async def show_outcomes(
    query: Annotated[OutcomesQuery, Query()], tenant: CallersTenant, service: Serving
) -> Response:
    """Outcomes of the tenant's answers since some seconds ago, in whole hours, and the calibration of heads."""
    by, now = read_dimensions(query.by), service.clock()
    first, last = int((now - query.since) // HOUR_S), int(now // HOUR_S)
    outcomes = await tenant.store.outcomes.read(first, last)
    answer = await run_in_thread(lambda: outcomes_answer(outcomes, by, float(first * HOUR_S), now))
    return json_response(answer)
