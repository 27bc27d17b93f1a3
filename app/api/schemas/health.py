"""Wire type of the health endpoints' answer."""

from typing import Literal

from pydantic import BaseModel

from app.api.schemas.scalars import STRICT


class HealthAnswer(BaseModel):
    """GET /livez says "alive", GET /readyz says "ready"."""

    model_config = STRICT

    status: Literal["ready", "alive"]
