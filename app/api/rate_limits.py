"""Charge requests and pairs to the limits of their key and their peer, and tell the client how the limits stand."""

from collections.abc import Sequence

from fastapi import Request

from app.access.access import Access
from app.access.limits import Charge, Refusal, write_headers
from app.api.api_keys import CALLER, PEER
from app.errors import QuotaExceededError, RateLimitedError

RATE_LIMITS = "chorus.rate_limits"
"""Key of the scope with the headers about limits, for every answer of the request."""


async def charge_request(request: Request, access: Access) -> None:
    """Charge one request. Raises RateLimitedError. Without limits it does nothing."""
    if access.limits.limits_requests:
        scope = request.scope
        await _charge(request, access, access.limits.charge_request(scope[CALLER].key_id, scope[PEER]))


async def charge_pairs(request: Request, access: Access, pairs: int) -> None:
    """Charge the pairs of a request, before they are scored. Raises RateLimitedError."""
    if access.limits.limits_pairs and pairs:
        scope = request.scope
        await _charge(request, access, access.limits.charge_pairs(scope[CALLER].key_id, scope[PEER], pairs))


async def _charge(request: Request, access: Access, charges: Sequence[Charge]) -> None:
    verdict = await access.limiter.charge(charges)
    request.scope[RATE_LIMITS] = write_headers(verdict)
    if verdict.refusal is not None:
        raise _describe(verdict.refusal)


def _describe(refusal: Refusal) -> RateLimitedError:
    limit = refusal.limit
    if limit.is_quota:
        return QuotaExceededError(
            f"expected at most {limit.capacity} requests a day (UTC), given more", wait_s=refusal.wait_s
        )
    unit = "pairs" if "pairs" in limit.name else "requests"
    whose = "this address" if limit.name.startswith("peer") else "this key"
    return RateLimitedError(
        f"expected at most {limit.capacity} {unit} a second of {whose}, given more", wait_s=refusal.wait_s
    )
