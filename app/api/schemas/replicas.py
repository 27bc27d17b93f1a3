"""Wire types of the replicas that share a Redis, and of the order that they follow."""

from pydantic import BaseModel

from app.api.schemas.scalars import STRICT


class RefusalAnswer(BaseModel):
    """An ordered bundle that a replica cannot serve; `code` is `unknown_bundle` or `bad_bundle`."""

    model_config = STRICT

    bundle: str
    code: str


class ReplicaAnswer(BaseModel):
    """One service process, and the bundle that it serves since a Unix time."""

    model_config = STRICT

    id: str
    model_version: str
    since: float
    refused: RefusalAnswer | None


class OrderAnswer(BaseModel):
    """The last reload, which all replicas follow; `shared` is false while Redis has not taken it."""

    model_config = STRICT

    bundle: str
    model_version: str
    ordered_at: float
    shared: bool
