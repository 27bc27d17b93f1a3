"""The kind "context": a softmax over the classes of the interaction's context, such as the daypart.

The tower reads the (user, item) pair without the context, because the context is the target.
"""

from typing import TYPE_CHECKING

from models.contract.arrays import Floats
from models.contract.calibration import Calibration, softmax
from models.contract.feature_spec import FieldKind
from models.contract.tasks import Task
from models.heads.protocol import HeadKind, LabelRule, Subject, TowerInput
from models.heads.scaling import fit_temperature, keep_scale
from models.heads.targets import accept_targets
from models.heads.value import average_over_labels

if TYPE_CHECKING:
    from torch import Tensor


def cross_entropy(_task: Task, logits: "Tensor", targets: "Tensor") -> "Tensor":
    """Cross-entropy of the softmax in nats, mean over rows; targets [m, C] are one-hot."""
    from torch.nn import functional as F  # noqa: N812

    return F.cross_entropy(logits, targets)


def fit_softmax(_task: Task, logits: Floats, targets: Floats) -> Calibration:
    """Fit the temperature; targets [m, C] are one-hot."""
    return fit_temperature(logits, targets.argmax(axis=1))


def predict_classes(_task: Task, logits: Floats, calibration: Calibration) -> Floats:
    """Probabilities [n, C]; each row sums to 1."""
    return softmax(calibration.scale * logits + calibration.shift)


CONTEXT = HeadKind(
    name="context",
    label=LabelRule(
        column=FieldKind.CATEGORICAL,
        sources=("time", "context"),
        expected="time.daypart, time.weekday, or context. and a context column",
    ),
    needs_range=False,
    subject=Subject.MOMENT,
    tower=TowerInput(pair=True, context=False),
    user_tower=None,
    find_fault=accept_targets,
    loss=cross_entropy,
    raw_calibration=keep_scale,
    fit_calibration=fit_softmax,
    predict=predict_classes,
    value=average_over_labels,
    metrics={"accuracy": "class_accuracy", "log_loss": "class_log_loss", "ece": "class_ece"},
    main_metric="log_loss",
    reliability=False,
)
