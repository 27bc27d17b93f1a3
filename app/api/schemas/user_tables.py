"""Wire types of many users at once, each of which can fail alone."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field

from app.api.schemas.rows import ROWS, parse_each
from app.api.schemas.scalars import STRICT, Id
from app.api.schemas.users import UserRequest

EXAMPLE: dict[str, Any] = {"user_id": "42", "attributes": {"age": 31}, "interests": "slow, funny films"}


class UserRow(UserRequest):
    """A user whose profile is replaced."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    user_id: Id


class UsersRequest(BaseModel):
    """POST /v1/users. A user that cannot be stored is rejected alone; of one that comes twice the last stays."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"users": [EXAMPLE]}})

    users: Annotated[
        list[UserRow], Field(min_length=1, max_length=ROWS), FailFast(), parse_each(UserRow, "users")
    ]
    """UserRows, with a BadRow in the position of each one that cannot be parsed."""
