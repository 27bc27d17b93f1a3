"""Convert a bundle into its description, as plain values."""

from collections.abc import Sequence
from typing import Any

from app.bundle.bundle import LoadedBundle
from models.contract.events import Action
from models.contract.feature_spec import FieldSpec
from models.contract.tasks import NEXT


def model_answer(bundle: LoadedBundle) -> dict[str, Any]:
    """The value of a ModelAnswer."""
    manifest, spec = bundle.manifest, bundle.spec
    tasks = [
        {"name": head.task.name, "kind": head.task.kind, "classes": len(head.classes)}
        for head in manifest.heads
    ]
    return {
        "model_version": manifest.model_version,
        "job": manifest.job,
        "created_at": manifest.created_at,
        "statistics_at": manifest.statistics_at,
        "items": int(bundle.catalogue.present.sum()),
        "heads": [{"name": NEXT, "kind": NEXT, "classes": 0}, *tasks],
        "fusion": manifest.fusion.method.value,
        "weights": manifest.fusion.weights,
        "diversity": manifest.diversity.model_dump(),
        "scenes": manifest.scenes,
        "actions": sorted({*(action.value for action in Action), *spec.actions.tokens, *spec.roles}),
        "item_fields": _kinds(spec.item_fields),
        "user_fields": _kinds(spec.user_fields),
        "context_fields": spec.context_fields,
        "text_encoder": manifest.text_encoder,
        "summary": manifest.summary,
    }


def _kinds(fields: Sequence[FieldSpec]) -> dict[str, str]:
    return {field.name: field.kind.value for field in fields}
