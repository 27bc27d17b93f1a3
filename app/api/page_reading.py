"""Read what a page needs: its user, what its words mean, its variant, and the query of all that for the pipeline."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.api.bundle_admission import make_bundle_of
from app.api.critique import TakenCritique, take_critique
from app.api.cursor import Page
from app.api.dependencies import Computing, Service
from app.api.mapping.new_places import keep_places
from app.api.mapping.query import build_query
from app.api.mapping.scene_exploration import explore_scene
from app.api.mapping.variants import Choice, Chooser, choose_shadow, choose_variant
from app.api.schemas.recommendation import ListRequest
from app.api.understanding import understand
from app.bundle.bundle import LoadedBundle
from app.errors import InvalidRequestError
from app.pipeline.types import Query as PipelineQuery
from app.tenant import Tenant
from app.text_fetching import fetch_words

OUTSIDE = "experiment:bundle"
"""The degradation of an answer that the bundle of its variant could not give."""


class Asked(NamedTuple):
    """A page as a query, with what was read for it."""

    bundle: LoadedBundle  # one bundle for the whole request, even if another is loaded meanwhile
    page: Page[ListRequest]  # whose words are a plan
    query: PipelineQuery
    degraded: Sequence[str]  # of the store and of the plan
    taken: TakenCritique
    took_ms: Mapping[str, float]  # to read the state and to understand the words
    choice: Choice | None = None  # of a variant
    shadow: Choice | None = None  # by which the page is answered once more, unseen


async def read_page(
    tenant: Tenant,
    service: Service,
    threads: Computing,
    page: Page[ListRequest],
    language: str,
    *,
    explores: bool = True,
) -> Asked:
    """Read the user of a page, understand its words, and build its query, by the user's variant in an experiment.

    A request that the bundle of its user's variant cannot answer, as it names what that bundle does not have, is
    answered by the bundle in use, outside the experiment.
    """
    reader = _Reader(tenant, service, threads, language, explores)
    choice = await reader.choose(page)
    by = tenant if choice is None else service.runtime.bundle_for(tenant, choice.variant)
    if by is None or by is tenant:
        return await reader.read(tenant, page, choice)
    try:
        return await reader.read(by, page, choice)
    except InvalidRequestError:
        if page.request.variant is not None:
            raise
    asked = await reader.read(tenant, page, None, chooses=False)
    return asked._replace(degraded=(*asked.degraded, OUTSIDE))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the pages of one request, by the tenant and the bundles of its variants."""

    tenant: Tenant
    service: Service
    threads: Computing
    language: str
    explores: bool

    async def choose(self, page: Page[ListRequest], by: Chooser = choose_variant) -> Choice | None:
        """The variant of a page, by what it states so far; `by` choose_shadow the one that answers it unseen."""
        experiments = await self.tenant.experiments.list()
        bundle_of = make_bundle_of(self.service, self.tenant)
        return by(bundle_of, experiments, page.request, self.service.clock())

    async def read(
        self, by: Tenant, page: Page[ListRequest], choice: Choice | None, *, chooses: bool = True
    ) -> Asked:
        """The query of a page by one of the tenant's bundles, that of the choice.

        Words that state what a variant would set make it one by the bundle in use.
        """
        service, started, request = self.service, time.perf_counter(), page.request
        state, degraded = await by.read_user(page.request.user_id)
        bundle, read = by.bundle, time.perf_counter()
        taken = await take_critique(self.tenant, bundle, service, self.threads, page)
        page, by_rules = await understand(bundle, self.threads, taken.page, service.chat)
        took = {"state": (read - started) * 1000}
        if page.request.plan is not None:
            took["plan"] = (time.perf_counter() - read) * 1000
        if chooses and page.request is not request:
            choice = await self.choose(page)
        if choice is not None and service.runtime.bundle_for(self.tenant, choice.variant) is not by:
            choice = None  # the experiment was changed meanwhile
        if by is not self.tenant and choice is None:
            asked = await self.read(self.tenant, taken.page, None, chooses=False)
            return asked._replace(taken=taken)
        now = service.clock()
        varied = page if choice is None else choice.apply(page, bundle, explores=self.explores)
        if self.explores:  # what a scene draws cannot be drawn again to explain it
            varied = explore_scene(varied, service.settings.exploration)
        query = build_query(bundle, varied, state, now, taken.kept, self.language)
        query = keep_places(query, varied, bundle, service.settings.new_items)
        bundle = await fetch_words(bundle, [(query.plan, query.state)])
        shadow = await self.choose(page, choose_shadow)
        return Asked(bundle, page, query, (*degraded, *by_rules), taken, took, choice, shadow)
