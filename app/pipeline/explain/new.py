"""New here: nobody has taken the item yet."""

import numpy as np

from app.pipeline.explain.evidence import Evidence, Findings, findings_where
from models.contract.statistics import STATISTICS

TOTAL = STATISTICS.index("total")


def find_new(evidence: Evidence) -> Findings:
    """The items without any interaction; nothing is measured of them, so the strength is 0."""
    taken = evidence.catalogue.statistics[evidence.rows, TOTAL]
    return findings_where(np.zeros_like(taken), taken == 0)
