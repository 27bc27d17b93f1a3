"""The baselines of the benchmark in the order of the table, with their grids of settings."""

from models.evaluation.baselines.ease import LAMBDAS, Ease
from models.evaluation.baselines.item_knn import item_knn_grid
from models.evaluation.baselines.popularity import popularity_grid
from models.recipe.benchmark.factorisation import als_grid, bpr_grid
from models.recipe.benchmark.following import markov_grid, window_grid
from models.recipe.benchmark.methods import Family
from models.recipe.benchmark.readings import Reading
from models.recipe.benchmark.user_baseline import from_histories

ALL = (Reading(),)
RECENT = tuple(Reading(30, decay) for decay in (0.8, 0.85, 0.9))
LAST = Reading(1)
PENALTIES = (10.0, 20.0, *LAMBDAS)
"""Of EASE: the smaller ones for logs with short histories."""


def list_families() -> tuple[Family, ...]:
    """Every baseline of the benchmark."""
    knn, ease = from_histories(item_knn_grid(timed=False)), from_histories(map(Ease, PENALTIES))
    return (
        Family(from_histories(popularity_grid(timed=False)), {"popularity": ALL}),
        Family(from_histories(markov_grid()), {"Markov, first order": (LAST,)}),
        Family(from_histories(window_grid()), {"transitions, window": (LAST, Reading(5, 0.7))}),
        Family(knn, {"item-kNN": ALL, "item-kNN, recency": RECENT}),
        Family(ease, {"EASE": ALL, "EASE, recency": RECENT}),
        Family(als_grid(), {"ALS": ALL}),
        Family(bpr_grid(), {"BPR": ALL}),
    )
