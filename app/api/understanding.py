"""Understand a request's words before it is answered: a page with a query becomes a page with a plan."""

from dataclasses import replace
from typing import Any

from app.api.cursor import Page
from app.api.dependencies import Computing
from app.api.mapping.plan import to_plan, to_wire
from app.api.schemas.plan import PlanWire
from app.api.schemas.recommendation import ListRequest, RankRequest
from app.bundle.bundle import LoadedBundle
from app.chat import ChatModel
from app.errors import InvalidRequestError
from app.pipeline.query.understand import compile_query, describe_catalogue
from models.language.chat_endpoint import ChatError

PARSER = "plan:parser"
"""The degradation of a plan that the rules made in place of the configured language model."""
STAGE = "plan"

Understood = tuple[Page[ListRequest], tuple[str, ...]]
"""A page with a plan in place of a query, and the degradations."""


async def understand(
    bundle: LoadedBundle, threads: Computing, page: Page[ListRequest], chat: ChatModel | None = None
) -> Understood:
    """The page with the plan of its query, and with the number of items that its plan asks for.

    The same page if it has no words. Where the request states a limit too, the smaller one holds; a ranking keeps all
    its items, whatever number the words have. Raises an InvalidRequestError for a given plan that does not fit the
    bundle.
    """
    request, degraded = page.request, tuple[str, ...]()
    words, plan = (request.query or "").strip(), request.plan
    if words:
        plan, degraded = await _read_words(bundle, threads, words, chat)
    elif plan is not None:
        given = plan
        await threads.run(STAGE, lambda: to_plan(bundle, given))  # reads columns of the whole catalogue
    if plan is None:
        return page, ()
    changes: dict[str, Any] = {"query": None, "plan": plan} if words else {}
    if plan.limit is not None and not isinstance(request, RankRequest):
        states_limit = "limit" in request.model_fields_set
        changes["limit"] = min(request.limit, plan.limit) if states_limit else plan.limit
    return replace(page, request=request.model_copy(update=changes)), degraded


async def _read_words(
    bundle: LoadedBundle, threads: Computing, words: str, chat: ChatModel | None
) -> tuple[PlanWire, tuple[str, ...]]:
    """The plan of the language model, checked against the bundle, or else that of the rules."""
    if chat is not None:
        try:
            catalogue = await threads.run(STAGE, lambda: describe_catalogue(bundle))
            wire = await chat.ask(words, catalogue)
            return to_wire(await threads.run(STAGE, lambda: to_plan(bundle, wire))), ()
        except (ChatError, InvalidRequestError):
            pass  # a plan that does not fit the bundle is as useless as none
    plan = await threads.run(STAGE, lambda: compile_query(bundle, words))
    return to_wire(plan), () if chat is None else (PARSER,)
