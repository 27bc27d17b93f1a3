"""Understand a request's words before it is answered: a page with a query becomes a page with a plan."""

from dataclasses import replace

from app.api.cursor import Page
from app.api.dependencies import Computing
from app.api.mapping.plan import to_wire
from app.api.schemas.recommendation import RecommendRequest
from app.bundle.bundle import LoadedBundle
from app.pipeline.query.understand import compile_query


async def understand(
    bundle: LoadedBundle, threads: Computing, page: Page[RecommendRequest]
) -> Page[RecommendRequest]:
    """The page with the plan of its query; the same page if it has no words, or a plan already."""
    words = (page.request.query or "").strip()
    if not words:
        return page
    plan = await threads.run("plan", lambda: compile_query(bundle, words))
    return replace(page, request=page.request.model_copy(update={"query": None, "plan": to_wire(plan)}))
