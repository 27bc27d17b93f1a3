"""Redis client with a deadline for every call, a circuit breaker and a single type of error."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from app.state.protocol import StateUnavailableError, StoreHealth
from app.state.redis.circuit_breaker import CircuitBreaker
from app.state.redis.faults import describe_fault
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings

Argument = str | bytes | int | float


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a script."""

    keys: tuple[str, ...]
    arguments: Sequence[Argument]


class RedisClient:
    """A bounded pool of connections; a broken connection is replaced at its next use. Failed calls go to `health`.

    While the circuit is open, calls raise at once and do not reach `health`, and a task in the background probes.
    """

    def __init__(self, settings: RedisSettings, health: StoreHealth) -> None:
        self._health = health
        self._probe_deadline_s = settings.timeout_s
        self._probing: asyncio.Task[None] | None = None
        self._circuit = CircuitBreaker(settings.circuit, self._follow_circuit)
        # The pool has no socket timeout, since the deadline of each call covers the wait for a connection, the
        # connect and the answer. It does not retry, since a write that is sent twice could be stored twice.
        pool = BlockingConnectionPool.from_url(
            settings.url,
            max_connections=settings.max_connections,
            timeout=None,
            socket_timeout=None,
            socket_connect_timeout=settings.timeout_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._client: Redis = Redis(connection_pool=pool)

    async def run_command(self, *arguments: Argument, deadline_s: float) -> Any:
        """Run one command in one round trip. Raises StateUnavailableError."""
        self._circuit.check()
        return await self._ask(*arguments, deadline_s=deadline_s)

    async def run_script(self, script: Script, call: Call, deadline_s: float) -> Any:
        """Run one atomic script in one round trip. Raises StateUnavailableError."""
        return (await self.run_scripts(script, [call], deadline_s))[0]

    async def run_scripts(self, script: Script, calls: Sequence[Call], deadline_s: float) -> list[Any]:
        """Run a script for each call, each atomic, in one round trip. Raises StateUnavailableError.

        A second round trip loads the script if Redis does not have it, which is once after each start of Redis.
        """
        self._circuit.check()
        with self._failures():
            async with asyncio.timeout(deadline_s):
                answers = await self._run(script, calls, load=False)
                missing = [index for index, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
                if missing:
                    retried = await self._run(script, [calls[index] for index in missing], load=True)
                    for index, answer in zip(missing, retried, strict=True):
                        answers[index] = answer
            for answer in answers:
                if isinstance(answer, RedisError):
                    raise answer
        return answers

    async def _run(self, script: Script, calls: Sequence[Call], load: bool) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        if load:
            pipeline.execute_command("SCRIPT LOAD", script.source)
        for call in calls:
            pipeline.execute_command("EVALSHA", script.sha, len(call.keys), *call.keys, *call.arguments)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers[1:] if load else answers

    async def close(self) -> None:
        """Stop probing and close the connections."""
        if self._probing is not None:
            self._probing.cancel()
        await self._client.aclose()
        await self._client.connection_pool.aclose()

    async def _ask(self, *arguments: Argument, deadline_s: float) -> Any:
        """Run one command whatever the state of the circuit."""
        with self._failures():
            async with asyncio.timeout(deadline_s):
                return await self._client.execute_command(*arguments)  # type: ignore[no-untyped-call]

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Tell the circuit about the result of a call, and raise StateUnavailableError for a failed one."""
        try:
            yield
        except (RedisError, OSError, TimeoutError) as exc:
            error = describe_fault(exc)
            self._health.record_failure(error)
            self._circuit.record_failure(error)
            raise error from exc
        self._circuit.record_answer()

    def _follow_circuit(self, is_open: bool) -> None:
        """Probe in the background from the moment at which the circuit opens, so that no request has to wait."""
        self._health.record_circuit(is_open)
        if is_open:
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        """Ask Redis, with growing pauses, until an answer closes the circuit."""
        while self._circuit.is_open:
            await asyncio.sleep(self._circuit.next_pause_s())
            if self._circuit.is_open:  # a call that was under way may have closed it
                with suppress(StateUnavailableError):
                    await self._ask("PING", deadline_s=self._probe_deadline_s)
