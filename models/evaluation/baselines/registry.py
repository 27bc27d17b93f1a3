"""The baselines of the report by name. To add one: a file with its grid of settings, and a line here."""

from collections.abc import Callable

from models.evaluation.baselines.ease import ease_grid
from models.evaluation.baselines.item_knn import item_knn_grid
from models.evaluation.baselines.popularity import popularity_grid
from models.evaluation.baselines.protocol import Baseline
from models.evaluation.baselines.recent_popularity import recent_popularity_grid

Grid = Callable[[bool], tuple[Baseline, ...]]
"""Returns at least one candidate, of which validation chooses the best. The argument says if the log has times."""

POPULARITY = "popularity"
RECENT_POPULARITY = "recent popularity"
BASELINES: dict[str, Grid] = {
    POPULARITY: popularity_grid,
    RECENT_POPULARITY: recent_popularity_grid,
    "item-kNN": item_knn_grid,
    "EASE": ease_grid,
}
"""Name in the report -> grid, in the order of the report's rows."""
CHEAP_BASELINES = frozenset({POPULARITY, RECENT_POPULARITY})
"""The baselines that every report has: they count interactions, and no time limit leaves them out."""
