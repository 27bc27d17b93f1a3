"""How long a caller waits for an answer, and the refusal of requests that would wait longer."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from app.api.dependencies import PLACE, Load
from app.errors import ChorusError, InvalidRequestError
from app.transport.reservation import GiveUp, Reserve

HEADER = "x-request-timeout-ms"
"""The header in which a caller may say how many milliseconds it waits."""
MAX_MS = 60_000
MAX_DIGITS = 5
COMPUTED = ("/recommend", "/rank", "/explain", "/similar", "/batch-score")
"""The endings of the paths that need a compute thread."""

_HEADER = HEADER.encode()
_COMPUTED = tuple(ending.encode() for ending in COMPUTED)
Headers = list[tuple[bytes, bytes]]


def parse_patience_s(given: str | None, default_s: float) -> float:
    """The seconds that a caller waits: those of its header, or else the default. Raises InvalidRequestError."""
    if given is None:
        return default_s
    is_number = given.isascii() and given.isdecimal() and len(given) <= MAX_DIGITS
    if not is_number or not 1 <= int(given) <= MAX_MS:
        raise InvalidRequestError(f"expected 1 to {MAX_MS} milliseconds, given {given[:40]!r}", HEADER)
    return int(given) / 1000


def make_early_refusal(load: Load, default_s: float) -> Callable[[bytes, Headers], ChorusError | None]:
    """From a request's target and headers: its error if the service has too much to do, before anything is parsed."""

    def refuse(target: bytes, headers: Headers) -> ChorusError | None:
        path = target.partition(b"?")[0]
        if not unquote_to_bytes(path).endswith(_COMPUTED):
            return None
        given = next((value.decode("latin-1") for name, value in headers if name == _HEADER), None)
        try:
            load.queue.check(parse_patience_s(given, default_s))
            load.in_progress.check()
        except InvalidRequestError:
            return None  # the route answers it, with the key checked first
        except ChorusError as error:
            return error
        return None

    return refuse


def make_reservation(load: Load) -> Reserve:
    """Gives a request that needs a compute thread its place."""

    def reserve(scope: Scope) -> GiveUp | None:
        if not scope["path"].endswith(COMPUTED):
            return None
        place = scope[PLACE] = load.queue.take_place()
        return place.give_up

    return reserve
