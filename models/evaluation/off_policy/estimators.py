"""Estimators of a policy's value a list: the reward of all its places, from lists of another policy.

Each is a sum over places of a total over lists, divided by the number of lists or by a total of weights, so that the
same terms give the value and its bootstrap.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from models.contract.arrays import Doubles
from models.evaluation.off_policy.logged_lists import LoggedLists


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The terms of an estimator. `weight` None: totals are divided by the number of lists."""

    reward: Doubles  # [n, m] weighted
    weight: Doubles | None = None  # [n, m] those of places that a list has


Estimator = Callable[[LoggedLists], Terms]


def measure_logged(lists: LoggedLists) -> Terms:
    """The logged policy's value: the plain mean."""
    return Terms(lists.reward)


def weigh_lists(lists: LoggedLists) -> Terms:
    """IPS: every list weighs as much as it is likelier under the target policy (Horvitz and Thompson 1952).

    Unbiased where each list of the target policy can be logged, and of great variance for long lists.
    """
    return Terms(lists.weights[:, -1:] * lists.reward)


def weigh_lists_normalised(lists: LoggedLists) -> Terms:
    """SNIPS: IPS divided by the mean weight (Swaminathan and Joachims 2015). Consistent, with less variance."""
    weight = lists.weights[:, -1:] * lists.present
    return Terms(weight * lists.reward, weight)


def weigh_prefixes(lists: LoggedLists) -> Terms:
    """Reward-interaction IPS: the reward of a place depends on it and the places above (McInerney et al. 2020)."""
    return Terms(lists.weights * lists.reward)


def weigh_prefixes_normalised(lists: LoggedLists) -> Terms:
    """Reward-interaction IPS divided by the mean weight of each place."""
    weight = lists.weights * lists.present
    return Terms(weight * lists.reward, weight)


def correct_model(lists: LoggedLists) -> Terms:
    """Doubly robust: a model's reward of the target policy, corrected by the weighted errors of the model.

    Place by place with the weights of reward-interaction IPS (Kiyohara et al. 2022, with a model of the place's own
    reward). As right as IPS whatever the model is, and of less variance where the model is good.
    """
    errors = lists.reward - lists.predicted
    return Terms(lists.weights * errors + lists.earlier_weights * lists.expected)


ESTIMATORS: Mapping[str, Estimator] = MappingProxyType(
    {
        "logged": measure_logged,
        "ips": weigh_lists,
        "snips": weigh_lists_normalised,
        "rips": weigh_prefixes,
        "snrips": weigh_prefixes_normalised,
        "dr": correct_model,
    }
)
"""The logged policy's value, and the estimators of the target policy's, by their names."""


def total_by_user(terms: Terms, lists: LoggedLists) -> Doubles:
    """[U, 3 m + 1] totals over the lists of each user: rewards, weights, places that lists have, and lists."""
    count = len(lists.reward)
    weight = np.zeros_like(terms.reward) if terms.weight is None else terms.weight
    parts = np.concatenate([terms.reward, weight, lists.present, np.ones((count, 1))], axis=1)
    totals = np.zeros((int(lists.users.max()) + 1, parts.shape[1]))
    np.add.at(totals, lists.users, parts)
    return totals


def find_value(totals: Doubles, *, normalised: bool) -> Doubles:
    """[...] the values a list of totals [..., 3 m + 1]; NaN where a place has no weight by which to normalise."""
    reward, weight, places = np.split(totals[..., :-1], 3, axis=-1)
    lists = totals[..., -1:]
    if not normalised:
        return np.asarray((reward / lists).sum(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_place = np.where(places == 0, 0.0, reward / weight * places / lists)
    return np.asarray(by_place.sum(axis=-1))
