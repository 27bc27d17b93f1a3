"""The lists of metrics. A new metric is a function in this folder and one line here."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.evaluation.metrics import prediction
from models.evaluation.metrics.prediction import Metric, Reals

# Metrics of the heads' predictions. A head kind (models.heads) names those that judge it.


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
"""Of 0/1 labels, over all cells."""

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
