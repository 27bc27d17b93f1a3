"""The commands of the running service: serve a bundle, administer keys, and check erasures."""

import argparse

from app.command import fail
from app.config import read_settings
from app.garbage import lasting_imports


def serve(options: argparse.Namespace) -> int:
    """Serve a bundle until the process is stopped; the exit code."""
    from app.access.open_start import require_keys
    from app.bundle_choice import list_start_candidates, require_manifest

    settings = read_settings(
        bundle_dir=options.bundle,
        host=options.host,
        port=options.port,
        allow_anonymous=options.allow_anonymous or None,
        ssl_certfile=options.ssl_certfile,
        ssl_keyfile=options.ssl_keyfile,
    )
    require_keys(settings)
    candidates = list_start_candidates(settings)
    require_manifest(candidates, settings.signing_key)  # before the imports below, which take seconds
    with lasting_imports():
        from app.access.key_stores import KeyFile, KeyStoreError
        from app.greeting import pick_example, render_greeting
        from app.server import run
        from app.state.embedded.process import EmbeddedRedisError
        from app.telemetry import configure_logging

    configure_logging(settings.log_level)
    try:
        if settings.keys_file is not None:
            KeyFile(settings.keys_file).read_now()
        outcome = run(
            settings, lambda bundle: print(render_greeting(settings, pick_example(bundle)), flush=True)
        )
    except (EmbeddedRedisError, KeyStoreError) as error:
        return fail(error)
    return 0 if outcome.problem is None else fail(outcome.problem)


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
