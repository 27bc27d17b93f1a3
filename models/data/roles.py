"""Read a log by the roles of its actions: what was taken, what was only shown, and what was rejected."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from models.contract.arrays import Doubles
from models.contract.events import UNTAKEN_ACTIONS, Action, Codes
from models.contract.roles import read_action
from models.contract.unix_time import has_time
from models.data.conditions import evaluate_condition
from models.data.dataset import Dataset
from models.data.interactions import Interactions
from models.job.errors import JobError
from models.job.label_expression import Operand, parse
from models.job.spec import JobSpec


def read_roles(job: JobSpec, dataset: Dataset) -> Dataset:
    """The dataset with each action under the name of its role, and with rows that were not taken as impressions.

    Labels go on reading the log's own actions. Earlier events were taken, since nothing says otherwise. Raises JobError
    if no row is a target.
    """
    log = dataset.interactions
    names = [read_action(name, job.actions) for name in log.action_names]
    distinct = tuple(dict.fromkeys(names))
    codes = np.array([distinct.index(name) for name in names], dtype=np.int32)[log.actions]
    read = replace(
        log, actions=codes, action_names=distinct, raw_actions=Codes(log.action_names, log.actions)
    )
    if job.interactions.taken is not None:
        read = _mark_untaken(read, job.interactions.taken, dataset)
        if job.interactions.action is None:
            read = _name_outcomes(read, job)
    if not (read.weigh({}) > 0).any():
        raise JobError(
            f"actions: expected a row whose action has the role target, given {', '.join(log.action_names)} alone"
        )
    return replace(dataset, interactions=read)


def _name_outcomes(log: Interactions, job: JobSpec) -> Interactions:
    """The log with the rarest outcome of each taken row as its action, from the label columns of 0 and 1.

    So the features of later events know it, as the service does of an event with that action. An outcome of every
    taken row tells nothing, and one whose action takes no item is no action of a taken row.

    Raises JobError if `action_names` gives an outcome such an action.
    """
    section, taken = job.interactions, log.weigh({}) > 0
    timed = taken & has_time(log.times)
    present = {
        name: timed & (log.labels[name] == 1) for name in section.labels if _is_outcome(log.labels[name])
    }
    actions, names = log.actions.copy(), list(log.action_names)
    for name in sorted(present, key=lambda name: -int(present[name].sum())):  # a rarer one replaces it
        if 0 < present[name].sum() < timed.sum():
            action = read_action(section.action_names.get(name, name), job.actions)
            if action in UNTAKEN_ACTIONS:
                _refuse_named(name, section.action_names)
                continue
            names += [] if action in names else [action]
            actions[present[name]] = names.index(action)
    return replace(log, actions=actions, action_names=tuple(names))


def _refuse_named(name: str, action_names: Mapping[str, str]) -> None:
    """Raise JobError if an outcome of taken rows is named after an action that takes no item."""
    if name in action_names:
        raise JobError(
            f"interactions.action_names.{name}: expected an action with the role target, as rows with this outcome are "
            f"taken, given '{action_names[name]}'"
        )


def _is_outcome(values: Doubles) -> bool:
    """True for a column of 0 and 1, which may have gaps."""
    return bool(np.isin(values[~np.isnan(values)], (0, 1)).all())


def _mark_untaken(log: Interactions, condition: str, dataset: Dataset) -> Interactions:
    """The log with an impression in place of each target that does not meet the condition."""
    expression = parse(condition)
    if isinstance(expression, Operand):
        raise ValueError(f"expected a condition, given the operand {expression}")
    taken = evaluate_condition(expression, dataset).true | ~has_time(log.times)
    untaken = log.weigh({}) == 0
    names = log.action_names
    if Action.IMPRESSION not in names:
        names = (*names, Action.IMPRESSION.value)
    shown = np.int32(names.index(Action.IMPRESSION.value))
    return replace(log, actions=np.where(taken | untaken, log.actions, shown), action_names=names)
