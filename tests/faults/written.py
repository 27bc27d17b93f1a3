"""Events that callers wrote, and whether all that were acknowledged are stored once."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.e2e.conftest import Load, Running
from tests.faults.tally import Tally

CALL = 3
"""Events of a call."""
CALLS_OF_A_USER = 100
"""So that no user has more events than the store keeps."""
OUTAGE = (200, 503)


@dataclass(slots=True)
class Written:
    """Event calls of one name; the events of a number are the same whenever it is sent."""

    name: str
    loads: list[Load] = field(default_factory=list)

    def body(self, number: int) -> dict[str, Any]:
        """Three events of one user; their ids and items are all different."""
        ids = [f"{self.name}-{number}-{part}" for part in range(CALL)]
        user = f"{self.name}-{number // CALLS_OF_A_USER}"
        events = [{"event_id": one, "user_id": user, "item_id": one, "action": "view"} for one in ids]
        return {"events": events}

    def load(self, service: Running) -> Load:
        """Callers who write; numbers that an earlier load used are sent again."""
        self.loads.append(Load(service.url, "/v1/events", self.body))
        return self.loads[-1]

    def acknowledged(self) -> dict[str, set[str]]:
        """User -> the items of all calls that were answered with 200."""
        found: dict[str, set[str]] = {}
        for answer in (one for load in self.loads for one in load.answers):
            if answer.status_code == httpx.codes.OK:
                sent = json.loads(answer.request.content)["events"]
                found.setdefault(sent[0]["user_id"], set()).update(event["item_id"] for event in sent)
        return found

    def compare(self, service: Running, tally: Tally) -> None:
        """Count what was acknowledged and is not stored, and what is stored twice."""
        lost = twice = 0
        for user_id, items in self.acknowledged().items():
            stored = Counter(service.events_of(user_id))
            lost += len(items - stored.keys())
            twice += stored.total() - len(stored)
        tally.lose(lost, twice)
        tally.check(bool(self.acknowledged()), "expected events that are acknowledged, given none")
