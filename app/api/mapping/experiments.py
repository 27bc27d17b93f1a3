"""Convert experiments between the wire and the store, check them against the bundle, and convert their results."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from pydantic import ValidationError

from app.api.mapping.heads import check_head
from app.api.schemas.experiments import ExperimentRequest, VariantWire
from app.bundle.bundle import LoadedBundle
from app.bundle_difference import find_lack
from app.errors import BadBundleError, UnknownSceneError
from app.experiments.assignment import has_ended, is_running
from app.experiments.results import ArmResult, Results
from app.experiments.shadow import ShadowSums
from app.state.protocol import Experiment, Variant
from models.contract.nearest import suggest
from models.ranking.exploration import Policy

SALT_BYTES = 16
NOT_OVERRIDES = frozenset({"name", "share"})
IN_USE = Variant("", 1.0)
"""Whatever the bundle in use answers."""

BundleOf = Callable[[Variant], LoadedBundle | None]
"""The bundle that answers for a variant; None while it is not in memory."""


def to_experiment(
    bundle_of: BundleOf, name: str, body: ExperimentRequest, earlier: Experiment | None, now: float
) -> Experiment:
    """The experiment to store in place of an earlier one of its name. Its bundles are loaded, and have versions.

    Raises UnknownSceneError and BadBundleError for one that does not fit its bundles.
    """
    salt = body.salt or (secrets.token_hex(SALT_BYTES) if earlier is None else earlier.salt)
    variants = tuple(to_variant(wire) for wire in body.variants)
    experiment = Experiment(name, salt, variants, body.scene, body.start, body.stop, now, body.mode)
    in_use = bundle_of(IN_USE)
    if body.scene is not None and in_use is not None and body.scene not in in_use.manifest.scenes:
        raise _unknown_scene(in_use, body.scene, "scene")
    for index, variant in enumerate(variants):
        _check_variant(bundle_of, variant, f"variants.{index}")
    if earlier is not None and earlier.revision == experiment.revision:
        return replace(experiment, changed_at=earlier.changed_at)
    return experiment


def _check_variant(bundle_of: BundleOf, variant: Variant, field: str) -> None:
    bundle, in_use = bundle_of(variant), bundle_of(IN_USE)
    if bundle is None or in_use is None:
        raise BadBundleError("expected a bundle that is loaded, given another", f"{field}.bundle")
    lack = find_lack(in_use, bundle)
    if lack is not None:
        raise BadBundleError(
            f"expected what the bundle in use has, given a bundle without {lack}", f"{field}.bundle"
        )
    scene = variant.overrides.get("scene")
    if scene is not None and scene not in bundle.manifest.scenes:
        raise _unknown_scene(bundle, scene, f"{field}.scene")
    for head in variant.overrides.get("weights", ()):
        check_head(bundle, head, f"{field}.weights.{head}")


def find_problem(bundle_of: BundleOf, experiment: Experiment) -> str | None:
    """Why an experiment has no effect with the bundles, such as one that was loaded after it was stored."""
    in_use = bundle_of(IN_USE)
    for variant in experiment.variants:
        try:
            to_wire(variant)
        except ValidationError:  # stored by another version of the service
            return f"the variant {variant.name!r} sets what this version of the service does not know"
        bundle = bundle_of(variant)
        if bundle is None or in_use is None:
            return f"the bundle of the variant {variant.name!r} is not in memory"
        lack = None if bundle is in_use else find_lack(in_use, bundle)
        if lack is not None:
            return f"the bundle of the variant {variant.name!r} has no {lack}, which the bundle in use has"
        scene = variant.overrides.get("scene")
        if scene is not None and scene not in bundle.manifest.scenes:
            return f"the bundle has no scene {scene!r}, which the variant {variant.name!r} names"
        for head in variant.overrides.get("weights", ()):
            if head not in bundle.list_heads:
                return f"the bundle has no head {head!r}, which the variant {variant.name!r} weighs"
    if experiment.scene is not None and in_use is not None and experiment.scene not in in_use.manifest.scenes:
        return f"the bundle has no scene {experiment.scene!r}"
    return None


def experiment_answer(
    bundle_of: BundleOf, experiment: Experiment, now: float, fault: str | None = None
) -> dict[str, Any]:
    """The value of an ExperimentAnswer; `fault`: why a bundle of it is not in memory."""
    status = "scheduled"
    if has_ended(experiment, now):
        status = "stopped"
    elif is_running(experiment, now):
        status = "running"
    return {
        "name": experiment.name,
        "status": status,
        "problem": None if status == "stopped" else fault or find_problem(bundle_of, experiment),
        "variants": [
            {"name": variant.name, "share": variant.share, **variant.overrides}
            for variant in experiment.variants
        ],
        "salt": experiment.salt,
        "scene": experiment.scene,
        "start": experiment.start,
        "stop": experiment.stop,
        "mode": experiment.mode,
        "changed_at": experiment.changed_at,
    }


def results_answer(results: Results) -> dict[str, Any]:
    """The fields of an ExperimentResults beside those of the ExperimentAnswer."""
    return {
        "arms": [_arm_answer(arm) for arm in results.arms],
        "split": {"p_value": results.split_p_value, "is_broken": results.is_split_broken},
    }


def shadow_answer(experiment: Experiment, totals: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """The value of `shadow` of the ExperimentResults of a shadow."""
    return [_shadow_answer(variant.name, totals[variant.name]) for variant in experiment.variants[1:]]


def _shadow_answer(variant: str, totals: Mapping[str, float]) -> dict[str, Any]:
    sums = ShadowSums(**{each.name: totals.get(each.name, 0.0) for each in fields(ShadowSums)})
    return {
        "variant": variant,
        "answers": int(sums.answers),
        "overlap": _mean(sums.overlap, sums.answers),
        "rank_correlation": _mean(sums.rank_correlation, sums.ordered),
        "score_drift": _mean(sums.score_drift, sums.scored),
        "sent_ms": _mean(sums.sent_seconds * 1000, sums.answers),
        "unseen_ms": _mean(sums.unseen_seconds * 1000, sums.answers),
    }


def _mean(total: float, count: float) -> float | None:
    return total / count if count else None


def _arm_answer(arm: ArmResult) -> dict[str, Any]:
    return {
        "variant": arm.variant,
        "users": arm.sums.users,
        "impressions": int(arm.sums.impressions),
        "takes": int(arm.sums.takes),
        "rate": asdict(arm.rate),
        "value": asdict(arm.value),
        "rate_difference": None if arm.rate_difference is None else asdict(arm.rate_difference),
        "value_difference": None if arm.value_difference is None else asdict(arm.value_difference),
        "left_out": arm.sums.left_out,
    }


def to_wire(variant: Variant) -> VariantWire:
    """The variant in its wire type. Raises ValidationError."""
    return VariantWire.model_validate({"name": variant.name, "share": variant.share, **variant.overrides})


def to_variant(wire: VariantWire) -> Variant:
    overrides = wire.model_dump(mode="json", exclude=set(NOT_OVERRIDES), exclude_none=True)
    if wire.exploration is not None and wire.exploration.policy == Policy.NONE:
        overrides["exploration"]["strength"] = 0.0
    return Variant(wire.name, wire.share, overrides)


def _unknown_scene(bundle: LoadedBundle, scene: str, field: str) -> UnknownSceneError:
    scenes = bundle.manifest.scenes
    names = ", ".join(sorted(scenes)) or "no scene at all"
    return UnknownSceneError(f"expected one of {names}, given {scene[:80]!r}{suggest(scene, scenes)}", field)
