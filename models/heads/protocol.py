"""The head kind: everything that training, evaluation and the service need to know about it.

A kind is a `HeadKind` made in a file of this folder and listed in registry.py. No other file branches on its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from torch import Tensor

from models.contract.arrays import Floats, Indices
from models.contract.calibration import Calibration
from models.contract.feature_spec import FieldKind
from models.contract.tasks import Task
from models.heads.targets import Targets


class Subject(StrEnum):
    """Whose labels a candidate's value is read for."""

    NOTHING = "nothing"  # the head has one output, which is the value
    ITEM = "item"  # the labels that the candidate carries
    MOMENT = "moment"  # the class of the moment of asking


@dataclass(frozen=True, slots=True)
class LabelRule:
    """Which label expressions suit a kind, and so from which column its targets are read.

    NUMERIC columns give number targets, CATEGORICAL ones class targets, CATEGORIES of the item item targets
    (models.heads.targets). A condition gives number targets of 0 and 1.
    """

    column: FieldKind | None  # None: a condition
    sources: tuple[str, ...]  # the operand's source: value, item, time, context; empty for a condition
    expected: str  # completes the error message "expected ..., given ..."


@dataclass(frozen=True, slots=True)
class TowerInput:
    """What a head's tower reads in the scorer."""

    pair: bool  # True: the experts' mix for the (user, item) pair; False: the user's state alone
    context: bool  # the context's embedding beside it


@dataclass(frozen=True, slots=True, eq=False)
class HeadKind:
    """One kind of head. Shapes: n rows, m of them with a known target, `width` logits a row."""

    name: str
    label: LabelRule
    needs_range: bool
    """The job states the range [low, high] that the labels lie in."""
    subject: Subject
    tower: TowerInput
    find_fault: Callable[[Task, Targets, Indices], str | None]
    """(task, targets, rows [m] of the training part with a known target, m >= 1) -> "<key of the task>: expected X,
    given Y" where nothing can be learned from them, else None."""
    loss: Callable[[Task, Tensor, Tensor], Tensor]
    """(task, logits [m, width], targets [m, width]) -> the mean loss of known targets, m >= 1."""
    raw_calibration: Callable[[Task], Calibration]
    """The network's own scale: what stands in for a fit where there are few rows."""
    fit_calibration: Callable[[Task, Floats, Floats], Calibration]
    """(task, logits [m, width], targets [m, width]) -> the fit on held-out rows."""
    predict: Callable[[Task, Floats, Calibration], Floats]
    """(task, logits [n, width], calibration) -> predictions [n, width]: probabilities, or the task's unit."""
    value: Callable[[Floats, Floats | None], Floats]
    """(predictions [n, width], labels [n, width] of the subject or None) -> one value [n] a candidate."""
    metrics: Mapping[str, str]
    """Figure in the report -> registered prediction metric (models.evaluation.metrics.registry)."""
    main_metric: str
    """The figure by which a head of this kind is judged."""
    reliability: bool
    """Whether the predictions are one probability a row, of which a reliability diagram can be drawn."""
