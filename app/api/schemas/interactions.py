"""Events on the wire: those of a session, which count for one answer, and those that are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from app.api.schemas.scalars import STRICT, Id, Label, Magnitude, Moment
from app.errors import InvalidRequestError, invalid_body

CONTEXT_KEYS = 32
EVENTS = 1000
"""Events that one call stores."""

Labels = Annotated[dict[Label, Label], Field(max_length=CONTEXT_KEYS)]
"""An event's context. Which keys there are is the bundle's to say; device and location always."""


class Context(BaseModel):
    """The moment of a request. Further keys are those that the bundle's job named."""

    model_config = STRICT | ConfigDict(
        extra="allow",
        json_schema_extra={"example": {"timestamp": 1763740800, "device": "mobile", "location": "DE"}},
    )
    __pydantic_extra__: dict[str, Label]

    timestamp: Moment | None = None
    device: Label | None = None
    location: Label | None = None

    @model_validator(mode="after")
    def check_size(self) -> "Context":
        if len(self.__pydantic_extra__) > CONTEXT_KEYS:
            raise ValueError(f"expected up to {CONTEXT_KEYS} keys, given {len(self.__pydantic_extra__)}")
        return self

    def labels(self) -> dict[str, str]:
        """Every named value but the time."""
        known = {"device": self.device, "location": self.location}
        return {name: value for name, value in known.items() if value is not None} | self.__pydantic_extra__


class SessionEvent(BaseModel):
    """Somebody did something with an item; without a timestamp, just now."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "example": {"item_id": "1196", "action": "rate", "value": 5, "timestamp": 1763740000}
        }
    )

    item_id: Id
    action: Annotated[str, Field(min_length=1, max_length=80)]
    value: Magnitude | None = None
    timestamp: Moment | None = None
    context: Labels | None = None


EXAMPLE: dict[str, Any] = {
    "event_id": "5f0c",
    "user_id": "42",
    "item_id": "589",
    "action": "rate",
    "value": 4,
    "timestamp": 1763740801,
}


class StoredEvent(SessionEvent):
    """An event to be stored. `event_id` makes a retry harmless."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    user_id: Id
    event_id: Id | None = None
    recommendation_id: Id | None = None
    rank: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


@dataclass(frozen=True, slots=True)
class BadEvent:
    """An event that cannot be read: it is rejected alone."""

    error: InvalidRequestError


def _each_alone(given: Any, read: ValidatorFunctionWrapHandler) -> Sequence[StoredEvent | BadEvent]:
    """The events, read at once; where one cannot be read, one by one. Where none can, the call is refused."""
    if isinstance(given, list) and len(given) > EVENTS:
        raise ValueError(f"expected up to {EVENTS} events a call, given {len(given)}")
    try:
        events: list[StoredEvent | BadEvent] = read(given)
    except ValidationError:
        if not isinstance(given, list):
            raise
        events = [_alone(event) for event in given]
        if all(isinstance(event, BadEvent) for event in events):
            raise
    return events


def _alone(given: Any) -> StoredEvent | BadEvent:
    """An event, or what is wrong with it."""
    try:
        return StoredEvent.model_validate(given)
    except ValidationError as error:
        return BadEvent(invalid_body(error))


class EventsRequest(BaseModel):
    """POST /v1/events. An event that cannot be read is rejected alone, where another can be read."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"events": [EXAMPLE]}})

    events: Annotated[
        list[StoredEvent], Field(min_length=1, max_length=EVENTS), FailFast(), WrapValidator(_each_alone)
    ]
    """Each a StoredEvent, or a BadEvent in its place."""
