"""The kind "multilabel": the probability of each label of the user's next item, such as its genres.

The tower reads the user and the context, not the item, because the item's labels are the target.
"""

from models.contract.feature_spec import FieldKind
from models.heads.binary import FIGURES, cross_entropy, fit_probability, predict_probability
from models.heads.protocol import HeadKind, LabelRule, Subject, TowerInput
from models.heads.scaling import keep_scale
from models.heads.targets import accept_targets
from models.heads.value import average_over_labels

MULTILABEL = HeadKind(
    name="multilabel",
    label=LabelRule(column=FieldKind.CATEGORIES, sources=("item",), expected="item. and a categories field"),
    needs_range=False,
    subject=Subject.ITEM,
    tower=TowerInput(pair=False, context=True),
    user_tower=None,
    find_fault=accept_targets,
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
