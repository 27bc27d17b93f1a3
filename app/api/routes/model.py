"""The bundle in use: what it is, and another in its place."""

from typing import Any

from fastapi import Request, Response

from app.api.dependencies import Serving, guarded_router
from app.api.openapi import answers, body_of
from app.api.responses import json_response, read_body
from app.api.schemas.record_answers import ModelAnswer
from app.api.schemas.records import ReloadRequest
from app.bundle.bundle import LoadedBundle
from models.contract.events import Action
from models.contract.feature_spec import FieldSpec
from models.contract.tasks import NEXT

router = guarded_router("model")


@router.head("/model", include_in_schema=False)
@router.get("/model", responses=answers(ModelAnswer, 401, 503))
async def model(serving: Serving) -> Response:
    """The bundle in use, and what it can be asked for."""
    return json_response(card(serving.runtime.bundle))


@router.post(
    "/model/reload",
    openapi_extra=body_of(ReloadRequest),
    responses=answers(ModelAnswer, 401, 422, 429, 503),
)
async def reloaded(request: Request, serving: Serving) -> Response:
    """Load another bundle: verified on its golden requests, then swapped; a bad one changes nothing."""
    body = await read_body(request, ReloadRequest, serving.settings.body_timeout_s)
    await serving.runtime.reload(body.bundle)
    return json_response(card(serving.runtime.bundle))


def card(bundle: LoadedBundle) -> dict[str, Any]:
    """What a bundle says of itself."""
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
        "scenes": manifest.scenes,
        "actions": sorted({*(action.value for action in Action), *spec.actions.tokens}),
        "item_fields": _kinds(spec.item_fields),
        "user_fields": _kinds(spec.user_fields),
        "context_fields": spec.context_fields,
        "text_encoder": manifest.text_encoder,
        "summary": manifest.summary,
    }


def _kinds(fields: tuple[FieldSpec, ...]) -> dict[str, str]:
    return {field.name: field.kind.value for field in fields}
