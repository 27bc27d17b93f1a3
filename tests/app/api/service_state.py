"""What tests of a part of the application share: the state that a server gives to its requests."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.access.access import build_access
from app.api.dependencies import Service, open_load
from app.config import Settings
from app.experiment_log import ExperimentLog
from app.freshness import Freshness
from app.impression_log import ImpressionLog
from app.outcomes.log import OutcomeLog
from app.runtime import Runtime
from app.shadow_log import ShadowLog
from app.state.memory.store import MemoryStore
from app.telemetry import Metrics


def with_service(app: ASGIApp, settings: Settings, metrics: Metrics | None = None) -> ASGIApp:
    """The application, with a service that has no bundle in the state of each request."""
    runtime = Runtime(settings, MemoryStore())
    impressions = ImpressionLog(lambda _fate, _count: None)
    service = Service(
        settings,
        runtime,
        metrics or Metrics(),
        open_load(settings),
        build_access(settings),
        impressions,
        OutcomeLog(Metrics().outcomes),
        Freshness(lambda _seconds: None),
        ExperimentLog(lambda _fate, _count: None),
        ShadowLog(Metrics().shadows),
    )

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"service": service}}, receive, send)

    return call
