"""The commands of the running service: serve a bundle, administer keys, and check erasures."""

import argparse

from app.command import fail
from app.config import Settings, read_settings
from app.garbage import lasting_imports
from app.workers.orders import READY, WorkerOrder


def serve(options: argparse.Namespace) -> int:
    """Serve a bundle until the process is stopped; the exit code."""
    from app.access.key_stores import KeyStoreError
    from app.access.open_start import require_keys
    from app.bundle_choice import list_start_candidates, require_manifest
    from app.state.embedded.process import EmbeddedRedisError

    overrides = {
        "bundle_dir": options.bundle,
        "host": options.host,
        "port": options.port,
        "allow_anonymous": options.allow_anonymous or None,
        "ssl_certfile": options.ssl_certfile,
        "ssl_keyfile": options.ssl_keyfile,
    }
    settings = read_settings(**overrides)
    require_keys(settings)
    candidates = list_start_candidates(settings)
    require_manifest(candidates, settings.signing_key)  # before the imports below, which take seconds
    run = _serve_alone if settings.workers == 1 else _serve_with_workers
    try:
        problem = run(settings, {name: str(value) for name, value in overrides.items() if value is not None})
    except (EmbeddedRedisError, KeyStoreError) as error:
        return fail(error)
    return 0 if problem is None else fail(problem)


def _serve_alone(settings: Settings, _overrides: dict[str, str]) -> str | None:
    """Serve in this process; the reason why it could not serve, or None."""
    with lasting_imports():
        from app.greeting import pick_example, render_greeting
        from app.server import run

    _prepare(settings)
    return run(
        settings, lambda bundle: print(render_greeting(settings, pick_example(bundle)), flush=True)
    ).problem


def _serve_with_workers(settings: Settings, overrides: dict[str, str]) -> str | None:
    """Serve in several processes; the reason why they could not serve, or None."""
    from app.workers.supervisor import supervise

    _prepare(settings)
    return supervise(settings, overrides)


def serve_connections(order: WorkerOrder) -> int:
    """Serve the connections of a supervisor until it says stop or ends; the exit code of the worker."""
    link = order.open_link()
    settings = read_settings(**order.overrides)
    with lasting_imports():
        from app.bundle.bundle import LoadedBundle
        from app.greeting import pick_example, render_greeting
        from app.server import serve_with
        from app.workers.linked_server import LinkedServer
        from app.workers.worker_metrics import WorkerMetrics

    def announce(bundle: LoadedBundle) -> None:
        link.send(READY)
        if order.announces:
            print(render_greeting(settings, pick_example(bundle)), flush=True)

    _prepare(settings)
    peers = WorkerMetrics(order.metrics_folder, order.number, order.count)
    with link:
        outcome = serve_with(
            settings, order.redis_url, announce, lambda config: LinkedServer(config, link), peers
        )
    return 0 if outcome.problem is None else fail(outcome.problem)


def _prepare(settings: Settings) -> None:
    """Configure the logs, and read a file of keys once, so that a bad one ends the start. Raises KeyStoreError."""
    from app.access.key_stores import KeyFile
    from app.telemetry import configure_logging

    configure_logging(settings.log_level)
    if settings.keys_file is not None:
        KeyFile(settings.keys_file).read_now()


def administer(options: argparse.Namespace) -> int:
    """Run `chorus keys` or `chorus audit`; the exit code."""
    from app.access import commands

    try:
        lines = commands.run(options, read_settings())
    except commands.REFUSALS as error:
        return fail(error)
    for line in lines:
        print(line)
    return 0


def verify_erasure(options: argparse.Namespace) -> int:
    """Look in a bundle for erased users; the exit code, 1 if there is anything of them."""
    from app.erasure.check import REFUSALS, check_erasures

    try:
        check = check_erasures(options.bundle, options.user, options.erasures, read_settings().signing_key)
    except REFUSALS as error:
        return fail(error)
    print(check.describe())
    return 1 if check.remnants else 0
