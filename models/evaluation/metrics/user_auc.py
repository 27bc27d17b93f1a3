"""Per-user AUC of predictions: how well each user's events are ordered among themselves."""

import numpy as np

from models.contract.arrays import Indices
from models.evaluation.metrics.prediction import NAN, Reals, auc


def user_auc(scores: Reals, labels: Reals, users: Indices) -> float:
    """Mean AUC of the users with both labels, weighted by their events (GAUC, Zhou et al. 2018); nan without one.

    Scores, labels 0/1 and users are [n].
    """
    if not scores.shape == labels.shape == users.shape:
        raise ValueError(f"expected one shape [n], given {scores.shape}, {labels.shape} and {users.shape}")
    order = np.argsort(users, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(users[order])) + 1) if len(order) else []
    figures = [(auc(scores[part], labels[part]), len(part)) for part in parts]
    defined = [(figure, count) for figure, count in figures if not np.isnan(figure)]
    if not defined:
        return NAN
    return float(np.average([figure for figure, _ in defined], weights=[count for _, count in defined]))
