"""Terms of the `next` logit as parts of the score: what an item loses if a term is as for the other candidates."""

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.scoring.fusion import fuse_heads
from app.pipeline.scoring.scoring import log_partitions, next_logits
from app.pipeline.types import Trace
from models.contract.arrays import Floats
from models.contract.tasks import NEXT
from models.heads.next import predict_next


def measure_moment(bundle: LoadedBundle, trace: Trace) -> Floats | None:
    """[K] the part of the candidates' scores that the moment's context gives by `next`; None if there is none."""
    if trace.encoded.moment is None or trace.query.weights.get(NEXT, 0.0) <= 0:
        return None
    return measure_term(
        bundle, trace, bundle.catalogue.vectors[trace.scored.candidates.rows] @ trace.encoded.moment
    )


def measure_term(bundle: LoadedBundle, trace: Trace, term: Floats) -> Floats:
    """[K] the candidates' scores, less those with the mean of a term [K] of the `next` logits in its place.

    The softmax's denominator stays, as it is the same for all candidates.
    """
    logits = next_logits(bundle, trace.encoded, trace.scored.candidates.rows) - (term - term.mean())
    partitions = log_partitions(bundle, [trace.encoded])
    predicted = predict_next(logits[:, None], bundle.manifest.calibrations[NEXT], partitions)[:, 0]
    values = {**trace.scored.values, NEXT: predicted}
    without = fuse_heads(values, bundle.manifest.fusion, trace.query.weights).score
    return np.asarray(trace.scored.score - without, dtype=np.float32)
