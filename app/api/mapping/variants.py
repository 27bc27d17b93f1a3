"""Choose the variant of a request, and give the request what its variant overrides.

A request that states something which any variant of the experiment would set is outside the experiment: it is answered
as it asks. That is the same for all variants, so that what is compared stays comparable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.api.cursor import Page
from app.api.mapping.experiments import BundleOf, find_problem, to_wire
from app.api.schemas.experiments import VariantWire
from app.api.schemas.recommendation import ListRequest
from app.bundle.bundle import LoadedBundle
from app.errors import UnknownVariantError
from app.experiments.assignment import assign_variant, find_of_mode, find_running
from app.state.protocol import Arm, Experiment, Mode, Variant
from models.ranking.exploration import Policy


@dataclass(frozen=True, slots=True)
class Choice:
    """The variant of a request."""

    label: str  # EXPERIMENT:VARIANT
    variant: Variant
    arm: Arm | None = None  # what the answer counts for; None for a variant that the request names
    ignored: tuple[str, ...] = ()  # parts of a named variant which the request states otherwise

    def apply(self, page: Page[ListRequest], bundle: LoadedBundle, *, explores: bool) -> Page[ListRequest]:
        """The page whose request has what the variant overrides; without its exploration where it cannot be drawn."""
        stated = {name.partition(".")[2] for name in self.ignored}
        wire = to_wire(self.variant)
        changes: dict[str, Any] = {
            name: getattr(wire, name)
            for name in self.variant.of_request
            if name not in stated and (explores or name != "exploration" or not _draws(wire))
        }
        if "scene" in changes:
            changes["weights"] = bundle.manifest.scenes[changes.pop("scene")]
        return replace(page, request=page.request.model_copy(update=changes)) if changes else page


def _draws(wire: VariantWire) -> bool:
    """True if a variant sets an exploration that draws."""
    return wire.exploration is not None and wire.exploration.policy != Policy.NONE


Chooser = Callable[[BundleOf, Sequence[Experiment], ListRequest, float], Choice | None]
"""Chooses a variant for a request among experiments, at a time in Unix seconds."""


def choose_variant(
    bundle_of: BundleOf, experiments: Sequence[Experiment], request: ListRequest, now: float
) -> Choice | None:
    """The variant that a request names, or else its user's in the experiment that runs; None for no variant.

    `now` is the clock's time in Unix seconds. Raises UnknownVariantError.
    """
    if request.variant is not None:
        return _find_named(bundle_of, experiments, request)
    if request.user_id is None or not experiments:
        return None
    return _assign(bundle_of, find_running(experiments, request.scene, now), request)


def choose_shadow(
    bundle_of: BundleOf, experiments: Sequence[Experiment], request: ListRequest, now: float
) -> Choice | None:
    """The variant that answers a request once more, unseen; None for none."""
    if request.user_id is None or request.variant is not None or not experiments:
        return None
    experiment = find_of_mode(experiments, Mode.SHADOW, request.scene, now)
    choice = _assign(bundle_of, experiment, request)
    is_first = choice is None or experiment is None or choice.variant == experiment.variants[0]
    return None if is_first else choice


def _assign(bundle_of: BundleOf, experiment: Experiment | None, request: ListRequest) -> Choice | None:
    """The variant of the request's user in an experiment; None outside it."""
    if request.user_id is None or experiment is None or find_problem(bundle_of, experiment) is not None:
        return None
    variant = assign_variant(experiment, request.user_id)
    if variant is None or any(_list_stated(request, each) for each in experiment.variants):
        return None
    return Choice(f"{experiment.name}:{variant.name}", variant, experiment.arm(variant.name))


def _find_named(bundle_of: BundleOf, experiments: Sequence[Experiment], request: ListRequest) -> Choice:
    """The variant that a request names, whether or not its experiment runs."""
    name, _, variant_name = (request.variant or "").partition(":")
    for experiment in experiments:
        for variant in experiment.variants:
            if (experiment.name, variant.name) == (name, variant_name):
                problem = find_problem(bundle_of, experiment)
                if problem is not None:
                    raise UnknownVariantError(
                        f"expected a variant that fits the bundle: {problem}", "variant"
                    )
                ignored = tuple(f"variant.{part}" for part in _list_stated(request, variant))
                return Choice(request.variant or "", variant, ignored=ignored)
    raise UnknownVariantError(
        f"expected EXPERIMENT:VARIANT of a stored experiment, given {(request.variant or '')[:80]!r}",
        "variant",
    )


def _list_stated(request: ListRequest, variant: Variant) -> list[str]:
    """The names that a variant overrides and the request states by itself, or by its words."""
    plan = request.plan
    has_weights = request.weights is not None or (plan is not None and plan.weights is not None)
    stated = {
        "scene": has_weights,
        "weights": has_weights,
        "diversity": request.diversity is not None or (plan is not None and plan.diversity is not None),
        "exploration": request.exploration is not None,
        "popularity": request.popularity is not None,
    }
    return [name for name in variant.of_request if stated[name]]
