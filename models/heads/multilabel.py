"""The kind "multilabel": which labels the user's next item carries. It represents content.

The tower reads the user and the context, never the item: the item's labels would give the answer away.
"""

from models.contract.arrays import Indices
from models.contract.feature_spec import FieldKind
from models.contract.tasks import Task
from models.heads.binary import FIGURES, cross_entropy, fit_probability, predict_probability
from models.heads.protocol import HeadKind, LabelRule, Subject, TowerInput
from models.heads.scaling import keep_scale
from models.heads.targets import Targets
from models.heads.value import average_over_labels


def find_fault(_task: Task, _targets: Targets, _rows: Indices) -> str | None:
    """None: any known labels can be learned from."""
    return None


MULTILABEL = HeadKind(
    name="multilabel",
    label=LabelRule(column=FieldKind.CATEGORIES, sources=("item",), expected="item. and a categories field"),
    needs_range=False,
    subject=Subject.ITEM,
    tower=TowerInput(pair=False, context=True),
    find_fault=find_fault,
    loss=cross_entropy,
    raw_calibration=keep_scale,
    fit_calibration=fit_probability,
    predict=predict_probability,
    value=average_over_labels,
    metrics={
        name: name for name in (f"{average}_{figure}" for average in ("micro", "macro") for figure in FIGURES)
    },
    main_metric="micro_auc",
    reliability=False,
)
