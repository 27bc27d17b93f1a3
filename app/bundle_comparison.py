"""Compare a newly loaded bundle with the previous one, and warn if its figures are worse."""

import logging
from pathlib import Path

from models.contract.bundle import BundleError, Manifest
from models.contract.promotion import Headline, decide, read_headline

LOG = logging.getLogger("chorus.runtime")


class BundleComparison:
    """The headline of the bundle in use, and the number of takeovers by a worse bundle.

    A worse bundle is never refused here, so that a reload can return to an older bundle.
    """

    def __init__(self) -> None:
        self.worse_takeovers = 0
        self._in_use: Headline | None = None

    def take_over(self, folder: Path, manifest: Manifest) -> None:
        """Record the bundle that is now in use; reads its report.

        Bundles of another job or of other test data, or without a readable report, are not compared.
        """
        previous, self._in_use = self._in_use, None
        try:
            self._in_use = read_headline(folder, manifest)
        except BundleError as error:
            LOG.warning("bundle.not_comparable", extra={"fields": {"reason": str(error)}})
            return
        decision = None if previous is None else decide(self._in_use, previous)
        if decision is not None and not decision.promote:
            self.worse_takeovers += 1
            fields = {"model_version": manifest.model_version, "reasons": decision.reasons}
            LOG.warning("bundle.worse_than_previous", extra={"fields": fields})
