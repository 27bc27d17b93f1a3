"""Wire type of every error answer: {"error": {"code", "message", "field"}}."""

from pydantic import BaseModel

from app.api.schemas.scalars import STRICT


class ErrorShape(BaseModel):
    """A code for programs, a sentence for people, and the path of the field at fault, if there is one."""

    model_config = STRICT

    code: str
    message: str
    field: str | None


class ErrorAnswer(BaseModel):
    """The body of every error, of every endpoint."""

    model_config = STRICT

    error: ErrorShape
