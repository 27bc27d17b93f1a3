"""The service's own description. Bodies are read as raw JSON, so their schemas are added here by hand."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.schemas.answers import ErrorAnswer

REF = "#/components/schemas/{model}"

TITLE = "Chorus"
DESCRIPTION = "Many heads, one ranked slate: personal recommendations, scored for each request."


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """An operation's `openapi_extra`: its body is `model`."""
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def answers(model: type[BaseModel], *errors: int) -> dict[int | str, dict[str, Any]]:
    """An operation's `responses`: `model`, and the statuses of the errors it may give."""
    told: dict[int | str, dict[str, Any]] = {200: {"model": model}}
    return told | {status: {"model": ErrorAnswer} for status in errors}


def describe(app: FastAPI, bodies: Sequence[type[BaseModel]]) -> None:
    """Make `app`'s OpenAPI page hold the schemas of `bodies`."""
    written = app.openapi

    def openapi() -> dict[str, Any]:
        schema = written()
        _, found = models_json_schema([(body, "validation") for body in bodies], ref_template=REF)
        schema.setdefault("components", {}).setdefault("schemas", {}).update(found["$defs"])
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own documented way
