"""The diversity of a request that states none: the bundle's, or none where the last events show a clear intent."""

from app.bundle.bundle import LoadedBundle
from models.contract.catalogue import UserState
from models.contract.roles import Role, role_of
from models.ranking.intent import has_clear_intent
from models.ranking.rerank import Diversity


def choose_diversity(bundle: LoadedBundle, state: UserState) -> Diversity:
    """The default for a user, whose events are oldest first."""
    default = bundle.manifest.diversity
    return Diversity(default.method, 0.0 if _shows_intent(bundle, state) else default.strength)


def _shows_intent(bundle: LoadedBundle, state: UserState) -> bool:
    taken = (
        bundle.catalogue.row(event.item_id)
        for event in reversed(state.events)
        if role_of(event.action, bundle.spec.roles) is Role.TARGET
    )
    labels = (bundle.catalogue.labels[row] for row in taken if row is not None)
    return has_clear_intent(labels, bundle.label_shares)
