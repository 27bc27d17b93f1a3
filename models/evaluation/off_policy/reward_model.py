"""A simple model of a place's reward: ridge regression on the item's features and the place."""

import numpy as np

from models.contract.arrays import Doubles, Indices

RIDGE = 1.0


def build_features(features: Doubles, places: Indices, width: int) -> Doubles:
    """[N, F + width] features [N, F] of items, and one column for each place from 0 below `width`."""
    return np.concatenate([features, np.eye(width)[places]], axis=1)


def fit_rewards(inputs: Doubles, rewards: Doubles) -> Doubles:
    """[F] the coefficients of the rewards [N] on the inputs [N, F] (Hoerl and Kennard 1970)."""
    gram = inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(gram, inputs.T @ rewards))
