"""Wire types of events: those of a session, for one answer, and those to be stored."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, model_validator

from app.api.schemas.rows import ROWS, RejectedRow, parse_each
from app.api.schemas.scalars import STRICT, Id, Label, Magnitude, Moment

CONTEXT_KEYS = 32
TEXT_CHARACTERS = 1000
"""Of the text of an event, which is kept as long as the event."""
SESSION_EVENTS = 500
"""The most events of a session."""

Labels = Annotated[dict[Label, Label], Field(max_length=CONTEXT_KEYS)]
"""An event's context: any keys. They are stored with the event."""


Written = Annotated[
    str,
    Field(
        min_length=1,
        max_length=TEXT_CHARACTERS,
        description="what the user wrote with it: a review, a comment, the words of a search",
    ),
]


class Context(BaseModel):
    """The moment of a request. Keys that the bundle does not have are accepted, and named in `ignored`."""

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
        """All values by name, except the time."""
        declared = {"device": self.device, "location": self.location}
        present = {name: value for name, value in declared.items() if value is not None}
        return present | self.__pydantic_extra__


class SessionEvent(BaseModel):
    """An action on an item; without a timestamp it happened now."""

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
    text: Written | None = None


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


class EventsRequest(BaseModel):
    """POST /v1/events. An event that cannot be parsed is rejected alone if another one can be."""

    model_config = STRICT | ConfigDict(json_schema_extra={"example": {"events": [EXAMPLE]}})

    events: Annotated[
        list[StoredEvent], Field(min_length=1, max_length=ROWS), FailFast(), parse_each(StoredEvent, "events")
    ]
    """StoredEvents, with a BadRow in the position of each one that cannot be parsed."""


class EventsAnswer(BaseModel):
    """Accepted means stored. `conflicts` and `ignored` are left out if they are empty.

    The events of `conflicts` are not stored, and count among the duplicates.
    """

    model_config = STRICT

    accepted: int
    duplicates: int
    rejected: list[RejectedRow]
    conflicts: Annotated[
        list[int], Field(description="positions of the events whose event_id is stored with another content")
    ] = []
    ignored: Annotated[
        list[str],
        Field(description="context keys, texts and items that the bundle does not know; they are stored"),
    ] = []
