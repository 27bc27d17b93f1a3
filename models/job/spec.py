"""The job: data files and the meaning of their columns, tasks, network, training and publication.

A job is one YAML file; every error names its key, the expected and the given value.
"""

import json
import math
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from models.contract.fusion import FusionMethod
from models.contract.roles import ActionRole, read_action
from models.contract.tasks import NEXT, Per, Task
from models.heads.protocol import Subject
from models.heads.registry import HEAD_KINDS, HeadKindError, check_task, find_kind
from models.job.availability import parse_rule
from models.job.errors import JobError, describe
from models.job.evaluation_config import EvaluationConfig
from models.job.histories_section import HistoriesSection
from models.job.interactions_section import InteractionsSection
from models.job.label_check import LabelColumns, check_condition, check_label
from models.job.label_expression import ExpressionError, parse_label
from models.job.privacy_check import check_privacy
from models.job.sections import (
    ExportSection,
    ItemsSection,
    PromotionSection,
    SplitSection,
    UsersSection,
)
from models.job.table_section import STRICT, OptionalFiles
from models.job.text_check import check_texts
from models.job.training_config import TrainingConfig
from models.job.tuning_check import check_tuning
from models.job.tuning_section import SearchRange
from models.job.yaml_reader import read_document
from models.network.config import NetworkConfig

EXACT = 2**53
"""Above this every float is a whole number, and may have lost digits."""

__all__ = ["JobError", "JobSpec", "load_job"]


class JobSpec(BaseModel):
    """A job file."""

    model_config = STRICT

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")
    interactions: InteractionsSection
    items: ItemsSection | None = None
    users: UsersSection | None = None
    actions: dict[str, ActionRole] = {}
    """Action -> its role and weight, where they are not the default (models.contract.roles)."""
    histories: HistoriesSection | None = None
    """Earlier events without times: a list of item ids a user."""
    erasures: OptionalFiles = ()
    """Lists of erased users, which `chorus log export` writes: what the data have of them is left out."""
    tasks: tuple[Task, ...] = ()
    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()
    split: SplitSection = SplitSection()
    scenes: dict[str, dict[str, float]] = {}
    """Named presets: head -> weight."""
    objective: dict[str, float] = {}
    """Head -> what its outcome is worth in a slate; empty: `objective_weights` has the default."""
    fusion: FusionMethod = FusionMethod.WEIGHTED_MEAN
    item_links: bool | None = None
    """Co-occurrence in the log as a term of `next` and a candidate source (models.contract.item_links).

    None: fitted, and kept where validation gains; without them in private training.
    """
    text_encoder: str | None = "use-multilingual"
    """The language model by its registered name; null: no text vectors."""
    text_whitening: float = Field(default=0, ge=0, le=1)
    """The strength of the whitening of text vectors (models.language.whitening); 0: none."""
    export: ExportSection = ExportSection()
    evaluation: EvaluationConfig = EvaluationConfig()
    promotion: PromotionSection = PromotionSection()
    tune: dict[str, SearchRange] = Field(default={}, exclude=True)
    """The search space of `chorus tune`: key -> range; empty: the default space. Training does not read it.

    So it is not among the settings of a bundle, and is left out where the job is written.
    """

    @property
    def fits_links(self) -> bool:
        """True if item links are fitted."""
        return self.training.privacy is None if self.item_links is None else self.item_links

    @property
    def objective_weights(self) -> dict[str, float]:
        """Head -> what its outcome is worth: as stated, or 1 each for `next` and for every task with an outcome.

        The default leaves out outcomes of later events.
        """
        return self.objective or {NEXT: 1.0} | dict.fromkeys(self._told_outcomes, 1.0)

    @property
    def _told_outcomes(self) -> list[str]:
        """The outcomes that the event itself tells: what comes within a time is unknown of a part's last events."""
        windows = {task.name: parse_label(task.label).within_s for task in self.tasks}
        return [name for name in self._outcomes if windows[name] is None]

    @property
    def _outcomes(self) -> list[str]:
        """The tasks whose label is an outcome of the event: a number, not a label of the item, moment or user."""
        return [
            task.name
            for task in self.tasks
            if task.kind in HEAD_KINDS
            and HEAD_KINDS[task.kind].subject is Subject.NOTHING
            and task.per is Per.EVENT
        ]

    @property
    def columns(self) -> LabelColumns:
        """The operands that labels may name."""
        return LabelColumns(
            value=self.interactions.value is not None,
            action=self.interactions.action is not None,
            timed=self.interactions.time is not None,
            contexts=self.interactions.context,
            labels=self.interactions.labels,
            item=self.items.fields if self.items else {},
            user=self.users.fields if self.users else {},
            copies=dict(self._find_copies()),
        )

    def _find_copies(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield value and action with the sources of features that have the same column of the log."""
        log = self.interactions
        features: dict[str, Collection[str]] = {"context": log.context}
        for source, table in (("item", self.items), ("user", self.users)):
            if table is not None and set(table.path) & set(log.path):
                features[source] = table.fields
        for operand, column in (("value", log.value), ("action", log.action)):
            yield operand, tuple(source for source, names in features.items() if column in names)

    @model_validator(mode="after")
    def check_whole(self) -> Self:
        """Task names are distinct, head kinds exist, labels and rule suit the columns, scenes weight existing heads."""
        checks = (
            self._check_actions(),
            self._check_taken(),
            self._check_tasks(),
            self._check_scenes(),
            self._check_objective(),
            self._check_rule(),
            check_texts(self),
            check_privacy(self),
            check_tuning(self),
        )
        if errors := [error for check in checks for error in check]:
            raise ValueError("\n".join(errors))
        return self

    def _check_actions(self) -> Iterator[str]:
        """Yield an error for each action that cannot have its role."""
        for action in self.actions:
            try:
                read_action(action, self.actions)
            except ValueError as error:
                yield f"actions.{action}: {error}"

    def _check_taken(self) -> Iterator[str]:
        """Yield an error for a rule of taken rows that is no condition over the job's columns."""
        if self.interactions.taken is not None:
            try:
                check_condition(self.interactions.taken, self.columns)
            except ExpressionError as error:
                yield f"interactions.taken: {error}"

    def _check_tasks(self) -> Iterator[str]:
        """Yield an error for each task that cannot be used, and for duplicate names."""
        names = [task.name for task in self.tasks]
        if len(set(names)) < len(names):
            yield f"tasks: expected distinct names, given {', '.join(names)}"
        for number, task in enumerate(self.tasks):
            try:
                check_task(task)
                check_label(find_kind(task.kind), task.label, self.columns, task.per)
            except HeadKindError as error:
                yield f"tasks.{number}.{error.key}: {error}"
            except ExpressionError as error:
                yield f"tasks.{task.name}.label: {error}"

    def _check_rule(self) -> Iterator[str]:
        """Yield an error for a rule of availability that does not suit the item's fields."""
        if self.items is None or self.items.available is None:
            return
        try:
            parse_rule(self.items.available, self.items.fields)
        except ExpressionError as error:
            yield f"items.available: {error}"

    def _check_objective(self) -> Iterator[str]:
        """Yield an error for each weight of the objective that is not of an outcome, or no number from 0."""
        heads = [NEXT, *self._outcomes]
        for head, weight in self.objective.items():
            if head not in heads:
                names = ", ".join(heads)
                yield f"objective.{head}: expected one of the heads with an outcome, {names}, given {head!r}"
            if not (math.isfinite(weight) and weight >= 0):
                yield f"objective.{head}: expected a finite weight of at least 0, given {weight}"
        if self.objective and not any(self.objective.values()):
            yield "objective: expected at least one weight above 0, given none"

    def _check_scenes(self) -> Iterator[str]:
        """Yield an error for each head that orders no items, non-finite weight and scene without weights."""
        heads = [*(task.name for task in self.tasks if task.per is Per.EVENT), NEXT]
        names = ", ".join(heads)
        for scene, weights in self.scenes.items():
            for head, weight in weights.items():
                if head not in heads:
                    yield f"scenes.{scene}.{head}: expected one of the heads {names}, given {head!r}"
                if not math.isfinite(weight):
                    yield f"scenes.{scene}.{head}: expected a finite weight, given {weight}"
            if not any(weights.values()):
                yield f"scenes.{scene}: expected at least one weight other than 0, given none"


def load_job(path: Path) -> JobSpec:
    """The job of a YAML file, with its data files relative to the file's folder.

    Raises JobError with all errors of the file.
    """
    document = json.dumps(_convert_whole_floats(read_document(path)), default=str)  # str: for dates
    try:
        # Strict JSON validation: a number in quotes is a string, and true is not 1.
        return JobSpec.model_validate_json(document, strict=True, context={"folder": path.resolve().parent})
    except ValidationError as error:
        raise JobError(*describe(error, JobSpec)) from None


def _convert_whole_floats(value: object) -> object:
    """The document with 1.0 as 1, so that integer keys accept it; float keys accept integers."""
    if isinstance(value, dict):
        return {key: _convert_whole_floats(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_convert_whole_floats(entry) for entry in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    return value
