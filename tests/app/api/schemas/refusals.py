"""What the tests of the wire types share: the error of a body that is refused."""

import pytest
from pydantic import BaseModel, ValidationError

from app.api.validation import describe_body
from app.errors import InvalidRequestError

USER = '"user_id": "42"'
"""A field that makes a request for recommendations complete."""


def refusal(model: type[BaseModel], body: str | bytes) -> InvalidRequestError:
    """The error that a client receives for a body; fails if the body is accepted."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate_json(body)
    return describe_body(caught.value)
