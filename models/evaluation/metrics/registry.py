"""The metrics of the report by name. To add one: a file with its function, and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.evaluation.metrics import prediction
from models.evaluation.metrics.average_precision import average_precision
from models.evaluation.metrics.coverage import coverage
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.intra_list_diversity import cosine_diversity, jaccard_diversity
from models.evaluation.metrics.lists import ItemFacts, RankedLists, mean_over_lists
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.novelty import novelty
from models.evaluation.metrics.precision import precision
from models.evaluation.metrics.prediction import Metric, Reals
from models.evaluation.metrics.recall import recall
from models.evaluation.metrics.reciprocal_rank import reciprocal_rank

# Metrics of ranked lists.


@dataclass(frozen=True, slots=True)
class ListMetric:
    """A figure of ranked lists, larger is better; nan where it is undefined."""

    label: str
    """The column's heading in tables."""
    compute: Callable[[RankedLists, ItemFacts], float]
    headline: bool = False
    """True if it is in the manifest's summary, by which the promotion gate compares bundles."""


LIST_METRICS: dict[str, ListMetric] = {
    "ndcg": ListMetric("NDCG", lambda lists, _: mean_over_lists(ndcg(lists.hits, lists.relevant)), True),
    "hit_rate": ListMetric("HR", lambda lists, _: mean_over_lists(hit_rate(lists.hits)), True),
    "recall": ListMetric(
        "Recall", lambda lists, _: mean_over_lists(recall(lists.hits, lists.relevant)), True
    ),
    "precision": ListMetric("Prec", lambda lists, _: mean_over_lists(precision(lists.hits))),
    "mrr": ListMetric("MRR", lambda lists, _: mean_over_lists(reciprocal_rank(lists.hits))),
    "map": ListMetric("MAP", lambda lists, _: mean_over_lists(average_precision(lists.hits, lists.relevant))),
    "coverage": ListMetric("Coverage", lambda lists, facts: coverage(lists.items, len(facts.popularity))),
    "novelty": ListMetric("Novelty", lambda lists, facts: novelty(lists.items, facts.popularity)),
    "ild_cosine": ListMetric("ILD cos", lambda lists, facts: cosine_diversity(lists.items, facts.vectors)),
    "ild_jaccard": ListMetric(
        "ILD Jac", lambda lists, facts: jaccard_diversity(lists.items, facts.attributes)
    ),
}
"""Name in report.json -> metric, in the order of the tables' columns."""


def measure_lists(lists: RankedLists, facts: ItemFacts) -> dict[str, float]:
    """Every registered metric of the lists, by name."""
    return {name: metric.compute(lists, facts) for name, metric in LIST_METRICS.items()}


# Metrics of the heads' predictions. A head kind (models.heads) names its metrics.


@dataclass(frozen=True, slots=True)
class PredictionMetric:
    """A figure of predictions [n, width] against targets [n, width]; nan where it is undefined."""

    compute: Metric
    lower_is_better: bool


_OF_LABELS: Mapping[str, PredictionMetric] = {
    "auc": PredictionMetric(prediction.auc, lower_is_better=False),
    "log_loss": PredictionMetric(prediction.log_loss, lower_is_better=True),
    "ece": PredictionMetric(prediction.calibration_error, lower_is_better=True),
    "accuracy": PredictionMetric(prediction.accuracy, lower_is_better=False),
    "precision": PredictionMetric(prediction.precision, lower_is_better=False),
    "recall": PredictionMetric(prediction.recall, lower_is_better=False),
    "f1": PredictionMetric(prediction.f1, lower_is_better=False),
}
"""Metrics of 0/1 labels over all rows and columns."""

PREDICTION_METRICS: dict[str, PredictionMetric] = {
    **_OF_LABELS,
    **{f"micro_{name}": metric for name, metric in _OF_LABELS.items()},
    **{
        f"macro_{name}": PredictionMetric(prediction.macro(metric.compute), metric.lower_is_better)
        for name, metric in _OF_LABELS.items()
    },
    "rmse": PredictionMetric(prediction.rmse, lower_is_better=True),
    "mae": PredictionMetric(prediction.mae, lower_is_better=True),
    "class_accuracy": PredictionMetric(prediction.class_accuracy, lower_is_better=False),
    "class_log_loss": PredictionMetric(prediction.class_log_loss, lower_is_better=True),
    "class_ece": PredictionMetric(prediction.class_calibration_error, lower_is_better=True),
}


def measure_predictions(figures: Mapping[str, str], predicted: Reals, targets: Reals) -> dict[str, float]:
    """Figures by name: `figures` maps each to the registered metric that computes it."""
    return {
        figure: PREDICTION_METRICS[metric].compute(predicted, targets) for figure, metric in figures.items()
    }
