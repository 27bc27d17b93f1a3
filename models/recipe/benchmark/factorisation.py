"""Matrix factorisation by the package `implicit`: ALS (Hu et al. 2008) and BPR (Rendle et al. 2009).

Both run on one thread with the seed SEED, so that equal events give equal factors: the threads of BPR write to the same
factors without locks.
"""

from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from models.contract.arrays import Floats, Indices
from models.evaluation.baselines.protocol import (
    BaselineRefusedError,
    popularity_share,
    popularity_without_history,
)
from models.evaluation.protocols import InteractionSet
from models.recipe.benchmark.user_baseline import UserScorer

SEED = 0
FACTORS = (64, 128)
ALS_WEIGHTS, ALS_PENALTIES, ALS_ITERATIONS = (1.0, 10.0), (0.1, 10.0), 15
BPR_RATES, BPR_PENALTIES, BPR_ITERATIONS = (0.02, 0.05), (0.003, 0.03), 100
ABSENT = "it needs the package implicit: install Chorus with its 'benchmark' extra"


class Factorisation(Protocol):
    """A model of implicit. Its scores are the inner products of the factors, BPR's item bias among them."""

    user_factors: Floats  # [U, F]
    item_factors: Floats  # [I, F]

    def fit(self, user_items: sparse.csr_matrix, show_progress: bool) -> None:
        """Learn from the events, float32 [U, I]."""
        ...


@dataclass(frozen=True, slots=True)
class Als:
    """Alternating least squares. `weight` is the confidence in an event, `penalty` the L2 regularisation."""

    factors: int
    weight: float
    penalty: float

    @property
    def settings(self) -> str:
        """See UserBaseline.settings."""
        return f"{self.factors} factors, weight {self.weight:g}, penalty {self.penalty:g}"

    def fit(self, interactions: InteractionSet) -> UserScorer:
        """See UserBaseline.fit; raises BaselineRefusedError without the package."""
        try:
            from implicit.cpu.als import AlternatingLeastSquares
        except ModuleNotFoundError as error:
            raise BaselineRefusedError(ABSENT) from error
        with threadpool_limits(1, "blas"):  # before the model, which warns of more threads
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.penalty,
                alpha=self.weight,
                iterations=ALS_ITERATIONS,
                num_threads=1,
                random_state=SEED,
            )
            return fit_factors(model, interactions)


@dataclass(frozen=True, slots=True)
class Bpr:
    """Bayesian personalised ranking. `rate` is the learning rate, `penalty` the L2 regularisation."""

    factors: int
    rate: float
    penalty: float

    @property
    def settings(self) -> str:
        """See UserBaseline.settings."""
        return f"{self.factors} factors, rate {self.rate:g}, penalty {self.penalty:g}"

    def fit(self, interactions: InteractionSet) -> UserScorer:
        """See UserBaseline.fit; raises BaselineRefusedError without the package."""
        try:
            from implicit.cpu.bpr import BayesianPersonalizedRanking
        except ModuleNotFoundError as error:
            raise BaselineRefusedError(ABSENT) from error
        with threadpool_limits(1, "blas"):
            model = BayesianPersonalizedRanking(
                factors=self.factors,
                learning_rate=self.rate,
                regularization=self.penalty,
                iterations=BPR_ITERATIONS,
                num_threads=1,
                random_state=SEED,
            )
            return fit_factors(model, interactions)


def als_grid() -> tuple[Als, ...]:
    """One baseline for each combination of FACTORS, ALS_WEIGHTS and ALS_PENALTIES."""
    return tuple(Als(*each) for each in product(FACTORS, ALS_WEIGHTS, ALS_PENALTIES))


def bpr_grid() -> tuple[Bpr, ...]:
    """One baseline for each combination of FACTORS, BPR_RATES and BPR_PENALTIES."""
    return tuple(Bpr(*each) for each in product(FACTORS, BPR_RATES, BPR_PENALTIES))


def fit_factors(model: Factorisation, interactions: InteractionSet) -> UserScorer:
    """Fit a model, and score by its factors. Users without a history get the popular items."""
    matrix = interactions.matrix().astype(np.float32)
    # implicit takes a matrix and no array, with indices of 32 bits
    model.fit(
        sparse.csr_matrix((matrix.data, matrix.indices, matrix.indptr), matrix.shape), show_progress=False
    )
    share = popularity_share(interactions.popularity())

    def score(users: Indices, histories: sparse.csr_array) -> Floats:
        products = model.user_factors[users] @ model.item_factors.T
        return popularity_without_history(products, histories, share)

    return score
