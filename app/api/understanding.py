"""Understand a request's words before it is answered: a page with a query becomes a page with a plan."""

from dataclasses import replace
from typing import Any

from app.api.cursor import Page
from app.api.dependencies import Computing
from app.api.mapping.plan import to_plan, to_wire
from app.api.schemas.recommendation import RecommendRequest
from app.bundle.bundle import LoadedBundle
from app.pipeline.query.understand import compile_query


async def understand(
    bundle: LoadedBundle, threads: Computing, page: Page[RecommendRequest]
) -> Page[RecommendRequest]:
    """The page with the plan of its query, and with the number of items that its plan asks for.

    The same page if it has no words. Where the request states a limit too, the smaller one holds. Raises an
    InvalidRequestError for a given plan that does not fit the bundle.
    """
    request = page.request
    words, plan = (request.query or "").strip(), request.plan
    if words:
        plan = to_wire(await threads.run("plan", lambda: compile_query(bundle, words)))
    elif plan is not None:
        given = plan
        await threads.run("plan", lambda: to_plan(bundle, given))  # reads columns of the whole catalogue
    if plan is None:
        return page
    changes: dict[str, Any] = {"query": None, "plan": plan} if words else {}
    if plan.limit is not None:
        states_limit = "limit" in request.model_fields_set
        changes["limit"] = min(request.limit, plan.limit) if states_limit else plan.limit
    return replace(page, request=request.model_copy(update=changes))
