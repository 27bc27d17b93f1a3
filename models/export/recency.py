"""Fit of the recency gains: the weight of recent popularity in the `next` logits (models.contract.recency)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Doubles, Mask
from models.contract.recency import RecencyGains
from models.evaluation.candidates import EvaluationLists
from models.evaluation.full_ranking import K, match_relevant, rank_top
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.metrics.ndcg import ndcg

GAINS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""The candidate gains; 0 leaves the network as trained."""
LEAST_LISTS = 20
"""Lists of a protocol, within a session or of users who return, to be asked at all."""


class GainQuality(NamedTuple):
    """The quality of C lists with each of G gains."""

    ndcg: Doubles  # [G, C] NDCG@10
    returning: Mask  # [C] lists of users who are new or return


def fit_recency(predictor: CorpusPredictor, samples: Sequence[EvaluationLists]) -> RecencyGains:
    """The best of GAINS within a session and for users who return, on lists of several protocols, which count alike.

    Without times, or with fewer than LEAST_LISTS in every protocol, a gain is 0. Links of the predictor count; its
    recency does not.
    """
    if not predictor.corpus.spec.timed:
        return RecencyGains()
    quality = [measure_gains(predictor, sample) for sample in samples]
    return RecencyGains(
        in_session=choose_gain([one.ndcg[:, ~one.returning] for one in quality]),
        returning=choose_gain([one.ndcg[:, one.returning] for one in quality]),
    )


def choose_gain(quality: Sequence[Doubles]) -> float:
    """The gain with the best mean NDCG [G, C] over the protocols; the least of equal ones."""
    asked = [sample.mean(axis=1) for sample in quality if sample.shape[1] >= LEAST_LISTS]
    return GAINS[int(np.mean(asked, axis=0).argmax())] if asked else 0.0


def measure_gains(predictor: CorpusPredictor, lists: EvaluationLists) -> GainQuality:
    """NDCG of the lists with every gain. The logits of one chunk of moments at a time are in memory.

    Pushes away from rejected items are left out, as for the temperature (models.export.fitting).
    """
    case, start = lists.case, 0
    top = np.full((len(GAINS), len(case), K), NO_ITEM, dtype=np.int64)
    returning = np.zeros(len(case), dtype=np.bool_)
    predictor = replace(predictor, recency=RecencyGains())
    for moments in predictor.encode_moments(lists.rows):
        part = np.arange(start, start + len(moments.rows))
        logits = predictor.next_logits(moments.without_push())
        recent = predictor.recent_popularity(moments)
        for number, gain in enumerate(GAINS):
            top[number, part] = rank_top(logits + np.float32(gain) * recent, case.seen[part], K)
        returning[part] = moments.returning
        start += len(part)
    matched = [match_relevant(lists_of_gain, case) for lists_of_gain in top]
    return GainQuality(np.stack([ndcg(one.hits, one.relevant) for one in matched]), returning)
