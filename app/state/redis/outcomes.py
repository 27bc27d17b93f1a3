"""The outcomes in Redis: for each hour a hash of counts, and a hash of what was counted of the hour's answers.

The second one has the random ids of answers and the places and values of taken items, so that a take counts once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from app.state.protocol.outcomes import (
    HOUR_S,
    REST_CELL,
    Cell,
    Label,
    LabelCell,
    Outcomes,
    Take,
    TakeFate,
)
from app.state.protocol.outcomes import REST as REST_NAME
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.codec import CorruptValueError
from app.state.redis.keys import Keys
from app.state.redis.outcome_codec import add_outcomes, pack_cell, unpack_outcomes
from app.state.redis.outcome_scripts import ADD_LABELS, ADD_SHOWN, ADD_TAKES
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values

REST = pack_cell(REST_CELL)
REST_LABELS = pack_cell(LabelCell(REST_NAME, REST_NAME, 0))

Counted = TypeVar("Counted", Take, Label)


class RedisOutcomes:
    """The OutcomeStore in Redis, of one tenant."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._limits = settings.limits
        self._values = values
        self._deadline_s = settings.write_timeout_s

    async def add_shown(self, shown: Mapping[tuple[int, Cell], int]) -> None:
        """One pipeline with an atomic script for each hour."""
        arguments: dict[int, list[Argument]] = {}
        for (hour, cell), number in shown.items():
            arguments.setdefault(hour, []).extend((pack_cell(cell), number))
        calls = [
            Call(
                (self._keys.outcomes(hour),),
                [self._expire_counts(hour), self._limits.outcome_fields, REST, *of_hour],
            )
            for hour, of_hour in arguments.items()
        ]
        if calls:
            await self._client.run_scripts(ADD_SHOWN, calls, self._deadline_s)

    async def add_takes(self, takes: Sequence[Take]) -> list[TakeFate]:
        """One pipeline with an atomic script for each hour."""

        def write(take: Take) -> list[Argument]:
            return [f"{take.recommendation_id}:{take.rank}", pack_cell(take.cell), repr(take.value)]

        fates = [TakeFate.REPEATED] * len(takes)
        for indices, answer in await self._count(ADD_TAKES, takes, REST, write):
            for index, fate in zip(indices, answer, strict=True):
                fates[index] = TakeFate(fate)
        return fates

    async def add_labels(self, labels: Sequence[Label]) -> None:
        """One pipeline with an atomic script for each hour."""

        def write(label: Label) -> list[Argument]:
            item = f"{label.recommendation_id}:{label.rank}:{label.cell.head}"
            return [item, pack_cell(label.cell), repr(label.predicted), int(label.observed)]

        await self._count(ADD_LABELS, labels, REST_LABELS, write)

    async def read(self, first: int, last: int) -> Outcomes:
        """One HGETALL for each hour, in turn, so that other calls come between. A damaged hour counts as absent.

        A full hour takes longer to unpack than the event loop may wait.
        """
        total = Outcomes()
        for hour in range(first, last + 1):
            fields = await self._client.run_command(
                *("HGETALL", self._keys.outcomes(hour)), deadline_s=self._deadline_s
            )
            if fields:
                total = await asyncio.to_thread(self._add, total, fields)
        return total

    def _add(self, total: Outcomes, fields: Mapping[bytes, bytes]) -> Outcomes:
        try:
            return add_outcomes(total, unpack_outcomes(fields))
        except CorruptValueError as error:
            self._values.report(error)
            return total

    async def _count(
        self,
        script: Script,
        counted: Sequence[Counted],
        rest: bytes,
        write: Callable[[Counted], list[Argument]],
    ) -> list[tuple[list[int], Sequence[int]]]:
        """Run a script for the entries of each hour; the positions of the entries, and the script's answer."""
        indices: dict[int, list[int]] = {}
        for index, each in enumerate(counted):
            indices.setdefault(each.hour, []).append(index)
        calls = [
            self._make_call(hour, rest, [part for index in of_hour for part in write(counted[index])])
            for hour, of_hour in indices.items()
        ]
        answers = await self._client.run_scripts(script, calls, self._deadline_s) if calls else []
        return list(zip(indices.values(), answers, strict=True))

    def _make_call(self, hour: int, rest: bytes, entries: Sequence[Argument]) -> Call:
        expirations = (self._expire_counts(hour), self._expire_taken(hour))
        caps = (self._limits.outcome_fields, self._limits.outcome_takes)
        return Call(
            (self._keys.outcomes(hour), self._keys.taken(hour)), [*expirations, *caps, rest, *entries]
        )

    def _expire_counts(self, hour: int) -> int:
        return (hour + 1) * HOUR_S + self._limits.outcome_age_s

    def _expire_taken(self, hour: int) -> int:
        return (hour + 1) * HOUR_S + self._limits.impression_ttl_s
