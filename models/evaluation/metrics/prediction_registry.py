"""The metrics of the heads' predictions by name. A head kind (models.heads) names its metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from models.evaluation.metrics import prediction
from models.evaluation.metrics.prediction import Metric, Reals


@dataclass(frozen=True, slots=True)
class PredictionMetric:
    """A figure of predictions [n, width] against targets [n, width]; nan where it is undefined."""

    compute: Metric
    lower_is_better: bool
    definition: str
    """One sentence for the glossary, with the source."""
    decisive: bool = False
    """True if a head that knows something is better in it than a trivial prediction, also for rare labels."""


_OF_LABELS: Mapping[str, PredictionMetric] = {
    "auc": PredictionMetric(
        prediction.auc,
        lower_is_better=False,
        definition="The probability that an event with the label scores above one without it; .5 without information "
        "(Mann and Whitney 1947).",
        decisive=True,
    ),
    "pr_auc": PredictionMetric(
        prediction.pr_auc,
        lower_is_better=False,
        definition="Average precision, the area under the precision-recall curve: the precision at each threshold, "
        "weighted by the gain in recall; the label's share without information, so it suits rare labels "
        "(Davis and Goadrich 2006).",
    ),
    "log_loss": PredictionMetric(
        prediction.log_loss,
        lower_is_better=True,
        definition="Mean negative log likelihood of the labels, in nats (Good 1952).",
        decisive=True,
    ),
    "ece": PredictionMetric(
        prediction.calibration_error,
        lower_is_better=True,
        definition="Expected calibration error: the mean distance of the predicted probability and the observed share "
        "in 15 bins (Naeini et al. 2015).",
    ),
    "accuracy": PredictionMetric(
        prediction.accuracy,
        lower_is_better=False,
        definition="The share of labels that are right when probabilities of at least .5 are predicted as true "
        "(Manning et al. 2008, 8.3).",
    ),
    "precision": PredictionMetric(
        prediction.precision,
        lower_is_better=False,
        definition="The share of predictions of at least .5 that are true (Manning et al. 2008, 8.3).",
    ),
    "recall": PredictionMetric(
        prediction.recall,
        lower_is_better=False,
        definition="The share of true labels predicted at .5 or more (Manning et al. 2008, 8.3).",
    ),
    "f1": PredictionMetric(
        prediction.f1,
        lower_is_better=False,
        definition="The harmonic mean of precision and recall (van Rijsbergen 1979).",
    ),
}
"""Metrics of 0/1 labels over all rows and columns."""


def _average_over_columns(metric: PredictionMetric) -> PredictionMetric:
    """The mean of a metric over the labels of a head."""
    definition = f"Mean over the labels, each alone: {_lower_first(metric.definition)}"
    return replace(metric, compute=prediction.macro(metric.compute), definition=definition, decisive=False)


def _pool_columns(metric: PredictionMetric) -> PredictionMetric:
    """A metric over all labels of a head together."""
    return replace(metric, definition=f"Over all labels together: {_lower_first(metric.definition)}")


def _lower_first(text: str) -> str:
    return text[0].lower() + text[1:]


PREDICTION_METRICS: dict[str, PredictionMetric] = {
    **_OF_LABELS,
    **{f"micro_{name}": _pool_columns(metric) for name, metric in _OF_LABELS.items()},
    **{f"macro_{name}": _average_over_columns(metric) for name, metric in _OF_LABELS.items()},
    "rmse": PredictionMetric(
        prediction.rmse,
        lower_is_better=True,
        definition="Root mean squared error, in the label's unit (Herlocker et al. 2004).",
        decisive=True,
    ),
    "mae": PredictionMetric(
        prediction.mae,
        lower_is_better=True,
        definition="Mean absolute error, in the label's unit (Herlocker et al. 2004).",
    ),
    "class_accuracy": PredictionMetric(
        prediction.class_accuracy,
        lower_is_better=False,
        definition="The share of events whose likeliest class is the true one (Manning et al. 2008, 8.3).",
        decisive=True,
    ),
    "class_log_loss": PredictionMetric(
        prediction.class_log_loss,
        lower_is_better=True,
        definition="Mean negative log likelihood of the true class, in nats (Good 1952).",
        decisive=True,
    ),
    "class_ece": PredictionMetric(
        prediction.class_calibration_error,
        lower_is_better=True,
        definition="Expected calibration error of the likeliest class, in 15 bins (Guo et al. 2017).",
    ),
}
"""Registered name -> metric. The figures of a head in report.json have the names that its kind gives them."""


def measure_predictions(figures: Mapping[str, str], predicted: Reals, targets: Reals) -> dict[str, float]:
    """Figures by name: `figures` maps each to the registered metric that computes it."""
    return {
        figure: PREDICTION_METRICS[metric].compute(predicted, targets) for figure, metric in figures.items()
    }
