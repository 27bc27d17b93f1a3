"""The reservation of a request: made when it has arrived as a whole, kept until the application has ended."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

GiveUp = Callable[[], None]
Reserve = Callable[[Scope], GiveUp | None]
"""From the scope of a request that has arrived as a whole: how to give up what was reserved, if anything was."""


class Reservation:
    """The application for one request. What is reserved is given up whatever ends the application.

    It may end before the request has arrived, such as with a wrong key; then nothing is reserved.
    """

    def __init__(self, application: ASGIApp, reserve: Reserve) -> None:
        self._application = application
        self._reserve = reserve
        self._give_up: GiveUp | None = None
        self._has_ended = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._application(scope, receive, send)
        finally:
            self._has_ended = True
            if self._give_up is not None:
                self._give_up()

    def take(self, scope: Scope) -> None:
        """Reserve, unless the application has ended."""
        if not self._has_ended:
            self._give_up = self._reserve(scope)
