"""Compare a new report with the published bundle's, before the new bundle takes its place."""

from pathlib import Path

from models.contract.bundle import MANIFEST, BundleError, read_manifest
from models.contract.promotion import Decision, decide, parse_headline, read_headline
from models.evaluation.report.schema import Report


class NotPromotedError(Exception):
    """A new bundle that is worse than the published one; the message has the figures."""


def compare_with_published(report: Report, folder: Path, tolerance: float) -> Decision:
    """Whether the bundle of a report may replace the one in `folder`; promoted where there is none to compare."""
    if not (folder / MANIFEST).is_file():
        return Decision(True, False, ("there is no published bundle",))
    try:
        published = read_headline(folder, read_manifest(folder))
    except BundleError as error:
        return Decision(True, False, (str(error),))
    return decide(parse_headline(report.model_dump_json(), report.headline()), published, tolerance)
