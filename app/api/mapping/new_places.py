"""Give a query the share of places that its scene keeps for new items."""

from collections.abc import Sequence
from dataclasses import replace

from app.api.cursor import Page
from app.api.schemas.recommendation import ListRequest, RankRequest
from app.bundle.bundle import LoadedBundle
from app.new_item_shares import SceneShare, find_share
from app.pipeline.types import Query
from models.ranking.exploration import Policy


def keep_places(
    query: Query, page: Page[ListRequest], bundle: LoadedBundle, shares: Sequence[SceneShare]
) -> Query:
    """The query of a page with the share of its scene by the settings, if the bundle has new items.

    None is kept in a ranking of given items, in an answer to words, which has what they ask for, nor where the request
    or its variant states that it does not explore.
    """
    request = page.request
    if not len(bundle.new_items.rows) or isinstance(request, RankRequest) or request.plan is not None:
        return query
    if request.exploration is not None and request.exploration.policy == Policy.NONE:
        return query
    share = find_share(shares, request.scene)
    return replace(query, new_share=share, before=page.shown) if share else query
