"""Wire type of popularity: how much popular items lose before the list is re-ranked."""

from pydantic import BaseModel

from app.api.schemas.scalars import STRICT, Strength


class PopularityRequest(BaseModel):
    """How popularity counts against items: `debias` 0 not at all, 1 the most."""

    model_config = STRICT

    debias: Strength
