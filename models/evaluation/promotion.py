"""The promotion gate: compare a new report with that of the published bundle."""

from pathlib import Path

from models.contract.bundle import MANIFEST, BundleError, read_manifest
from models.contract.promotion import Decision, decide, parse_headline, read_headline
from models.evaluation.report.schema import Report


def compare_with_published(report: Report, folder: Path, tolerance: float) -> Decision:
    """Decide whether the bundle of `report` may replace the one in `folder`; it may if there is none to compare."""
    if not (folder / MANIFEST).is_file():
        return Decision(True, False, ("there is no published bundle",))
    try:
        published = read_headline(folder, read_manifest(folder))
    except BundleError as error:
        return Decision(True, False, (str(error),))
    return decide(parse_headline(report.model_dump_json(), report.headline()), published, tolerance)
