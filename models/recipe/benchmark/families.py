"""The baselines of the benchmark in the order of the table, with their grids of settings."""

from collections.abc import Sequence

from models.evaluation.baselines.ease import LAMBDAS, Ease
from models.evaluation.baselines.item_knn import item_knn_grid
from models.evaluation.baselines.popularity import popularity_grid
from models.evaluation.baselines.recent_popularity import WINDOWS as RECENT_DAYS
from models.evaluation.baselines.recent_popularity import RecentPopularity
from models.recipe.benchmark.factorisation import als_grid, bpr_grid
from models.recipe.benchmark.following import markov_grid, window_grid
from models.recipe.benchmark.methods import Family
from models.recipe.benchmark.readings import Reading
from models.recipe.benchmark.text_cosine import TextCosine, weigh_words
from models.recipe.benchmark.user_baseline import from_histories

ALL = (Reading(),)
RECENT = tuple(Reading(30, decay) for decay in (0.8, 0.85, 0.9))
LAST = Reading(1)
PENALTIES = (10.0, 20.0, *LAMBDAS)
"""Of EASE: the smaller ones for logs with short histories."""


MOST_ITEMS = 10_000
"""Of EASE, which then takes some minutes: the report has less time."""
WINDOWS = (1.0, *RECENT_DAYS)
"""Days of recent popularity: the shortest is for logs of a few days."""


def list_cold_families(texts: Sequence[str]) -> tuple[Family, ...]:
    """The baselines for items without events, from the text of each item [I]; the others know nothing of them."""
    cosine = from_histories([TextCosine(weigh_words(texts))])
    return (
        Family(from_histories(popularity_grid(timed=False)), {"popularity": ALL}),
        Family(cosine, {"text cosine": ALL, "text cosine, recency": (LAST, *RECENT)}),
    )


def list_families(timed: bool) -> tuple[Family, ...]:
    """Every baseline of the benchmark; recent popularity needs a log with times."""
    recent = Family(from_histories(map(RecentPopularity, WINDOWS)), {"recent popularity": ALL})
    knn = from_histories(item_knn_grid(timed))
    ease = from_histories(Ease(penalty, MOST_ITEMS) for penalty in PENALTIES)
    return (
        Family(from_histories(popularity_grid(timed)), {"popularity": ALL}),
        *((recent,) if timed else ()),
        Family(from_histories(markov_grid()), {"Markov, first order": (LAST,)}),
        Family(from_histories(window_grid()), {"transitions, window": (LAST, Reading(5, 0.7))}),
        Family(knn, {"item-kNN": ALL, "item-kNN, recency": RECENT}),
        Family(ease, {"EASE": ALL, "EASE, recency": RECENT}),
        Family(als_grid(), {"ALS": ALL}),
        Family(bpr_grid(), {"BPR": ALL}),
    )
