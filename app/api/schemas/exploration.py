"""Wire type of exploration: the policy by which the places of a list are drawn."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from app.api.schemas.scalars import STRICT, Strength
from models.ranking.exploration import Policy


def check_policy(value: Any) -> Any:
    """The name of a policy of exploration; raises ValueError for anything else."""
    if not isinstance(value, str) or value not in list(Policy):
        raise ValueError(f"expected one of {', '.join(Policy)}")
    return value


class ExplorationRequest(BaseModel):
    """How the list explores: `strength` 0 never, 1 the most. The same `seed` draws the same list."""

    model_config = STRICT

    policy: Annotated[str, BeforeValidator(check_policy), Field(json_schema_extra={"enum": list(Policy)})]
    strength: Strength = 0.1
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
