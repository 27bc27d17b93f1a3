"""The protocol of a head kind: label rule, tower input, loss, calibration, prediction, metrics.

Each kind is a `HeadKind` in a file of this folder, listed in registry.py. No other file branches on its name.
The files import torch within their functions: the check of a job reads the kinds, and torch takes seconds to import.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.feature_spec import FieldKind
from models.contract.tasks import Task
from models.heads.targets import Targets

if TYPE_CHECKING:
    from torch import Tensor


class Subject(StrEnum):
    """The labels that turn a head's predictions into one value per candidate."""

    NOTHING = "nothing"  # none: the head has one output, which is the value
    ITEM = "item"  # the labels of the candidate
    MOMENT = "moment"  # the class of the request's moment


@dataclass(frozen=True, slots=True)
class LabelRule:
    """The label expressions that a kind accepts, and the type of column that its targets come from.

    A NUMERIC column gives number targets, CATEGORICAL gives class targets, CATEGORIES of the item give item targets
    (models.heads.targets). A condition gives number targets 0 and 1.
    """

    column: FieldKind | None  # None: a condition
    sources: tuple[
        str, ...
    ]  # allowed sources of the operand: value, item, time, context; empty for a condition
    expected: str  # completes the error message "expected ..., given ..."


@dataclass(frozen=True, slots=True)
class TowerInput:
    """The input of a head's tower in the scorer."""

    pair: bool  # True: the experts' output for the (user, item) pair; False: the user's state
    context: bool  # True: concatenated with the context's embedding


@dataclass(frozen=True, slots=True, eq=False)
class HeadKind:
    """One kind of head. Shapes: n rows, m of them with a target, `width` logits per row."""

    name: str
    label: LabelRule
    needs_range: bool
    """True if the job must give the range [low, high] of the labels."""
    subject: Subject
    tower: TowerInput
    user_tower: TowerInput | None
    """The same for tasks with `per: user`, whose tower must not read the item; None: the kind has no such tasks."""
    find_fault: Callable[[Task, Targets, Indices], str | None]
    """(task, targets, rows [m] of the training part with a target, m >= 1) -> message "<key of the task>: expected X,
    given Y" if nothing can be learned from them, else None."""
    loss: "Callable[[Task, Tensor, Tensor], Tensor]"
    """(task, logits [m, width], targets [m, width]) -> the mean loss, m >= 1."""
    raw_calibration: Callable[[Task], Calibration]
    """The calibration without a fit, for a head with few labelled rows."""
    fit_calibration: Callable[[Task, Floats, Floats], Calibration]
    """(task, logits [m, width], targets [m, width]) -> the calibration fitted on held-out rows."""
    predict: Callable[[Task, Floats, Calibration], Floats]
    """(task, logits [n, width], calibration) -> predictions [n, width]: probabilities, or the task's unit."""
    value: Callable[[Floats, Floats | None], Floats]
    """(predictions [n, width], labels [n, width] of the subject or None) -> one value [n] per candidate."""
    metrics: Mapping[str, str]
    """Name of the figure in the report -> registered metric (models.evaluation.metrics.registry)."""
    main_metric: str
    """The headline figure of a head of this kind."""
    reliability: bool
    """True if the head predicts one probability per row, so that the report has a reliability diagram."""
