"""Wire types of the health endpoints' answers."""

from typing import Literal

from pydantic import BaseModel

from app.api.schemas.replicas import ReplicaAnswer
from app.api.schemas.scalars import STRICT


class HealthAnswer(BaseModel):
    """GET /livez: the process answers."""

    model_config = STRICT

    status: Literal["alive"]


class StoreAnswer(BaseModel):
    """The store: `code` says why it fails; `since` is the Unix time of the last change.

    While the circuit is open, calls of the store fail at once, and one probe at a time asks it.
    """

    model_config = STRICT

    status: Literal["ok", "failing"]
    code: str | None
    since: float
    circuit: Literal["open", "closed"]


class ReadinessAnswer(BaseModel):
    """GET /readyz: a bundle is in use. A failing store degrades answers, but does not change the status.

    `degraded` names what is wrong, as in the answers of recommend; it is empty for a healthy service.
    """

    model_config = STRICT

    status: Literal["ready"]
    degraded: list[str]
    store: StoreAnswer
    replicas: list[ReplicaAnswer]
