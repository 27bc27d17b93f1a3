"""Every baseline of the report, by name: a new one is a file with its grid of settings, and a line here."""

from collections.abc import Callable

from models.evaluation.baselines.ease import ease_grid
from models.evaluation.baselines.item_knn import item_knn_grid
from models.evaluation.baselines.popularity import popularity_grid
from models.evaluation.baselines.protocol import Baseline
from models.evaluation.baselines.recent_popularity import recent_popularity_grid

Grid = Callable[[bool], tuple[Baseline, ...]]
"""The choices of settings, at least one, of which validation takes the best; the argument: the log has times."""

BASELINES: dict[str, Grid] = {
    "popularity": popularity_grid,
    "recent popularity": recent_popularity_grid,
    "item-kNN": item_knn_grid,
    "EASE": ease_grid,
}
"""Name in the report -> grid, in the order of the report's rows."""
