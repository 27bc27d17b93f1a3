"""The glossary of the report: every term and figure that it uses, each in one or two sentences."""

from collections.abc import Iterator

from models.evaluation.metrics.prediction_registry import PREDICTION_METRICS
from models.evaluation.metrics.registry import LIST_METRICS
from models.evaluation.report.schema import Report
from models.evaluation.trivial_predictors import TRIVIAL_PREDICTORS
from models.heads.registry import find_kind

TERMS = {
    "At the cut": "One list a user, made when the test part begins. Relevant are all later items that are new to "
    "the user.",
    "Next event": "One list a test event, made just before it from all earlier events. Relevant is the event's item.",
    "Full ranking": "Every list ranks the whole catalogue without the items that the user had already; there are no "
    "sampled negatives (Krichene and Rendle 2020).",
    "chorus": "The network by score alone, with the fusion that was fitted on validation.",
    "chorus, as served": "The lists that the service answers by default, re-ranked for diversity.",
    "popularity": "Items by the number of users before the test; the same list for all users.",
    "recent popularity": "Items by the number of users in the last days before the test.",
    "item-kNN": "Items that the same users took, by the shrunk cosine of their users (Sarwar et al. 2001).",
    "EASE": "A linear model of each item by a user's other items, in closed form (Steck 2019).",
    "Evenly spaced": "A sample takes every n-th list or event in order, so that the same data give the same sample.",
    "Chance": "Differences of up to two standard errors. Lists of one user count as dependent (Liang and Zeger 1986); "
    "for heads the error comes from 20 blocks of events.",
    "Slice": "Some of the lists, such as those of new users. In the slice of new items only these count as relevant.",
    "User group": "The lists of users with one value of an attribute, or with so many earlier items (activity). Values "
    "after the ten most frequent ones are in one group. Groups of less than five users join it, or, by activity, are "
    "left out. Intervals are by Student's t over users; groups of less than 20 users are not compared.",
    "NDCG less the others'": "A group's mean NDCG less that of all other lists. Its interval holds for all compared "
    "groups at once (Bonferroni), that of the largest gap for all pairs of its groups. Its "
    "error is at least that of groups that spread alike, as few lists without a hit have no spread; groups that share "
    "users (activity, before events) have no such floor.",
    "Head, middle, tail": "Items in bands with equal shares of the users' items before the test, the most popular ones "
    "in the head; new are items that nobody took before. A band's share of the places beside that of the relevant "
    "items tells whether it is shown more often than taken (Abdollahpouri et al. 2019).",
    "Raw, calibrated": "A head's predictions before and after the calibration that was fitted on validation.",
    "Fusion weights": "The share of each head in the score that orders a list, fitted on validation.",
}
"""Term -> definition; metrics and trivial predictors have theirs in their registries."""
PRIVACY_TERMS = {
    "Epsilon, delta": "With or without all events of any one user, training gives any weights with probabilities that "
    "differ by a factor of e^epsilon at most, and by delta beyond that (Dwork et al. 2006).",
    "Noise multiplier": "The deviation of the noise on the sum of gradients, relative to the largest norm of a user's.",
    "Sample rate": "The probability with which a step learns from a user (Poisson sampling).",
}
"""Term -> definition, for a network that was trained with privacy."""


def collect_terms(report: Report) -> dict[str, str]:
    """Term -> definition, of the terms that a report uses."""
    privacy = PRIVACY_TERMS if report.privacy is not None else {}
    return TERMS | privacy | dict(_define_list_figures(report)) | dict(_define_head_figures(report))


def _define_list_figures(report: Report) -> Iterator[tuple[str, str]]:
    names = {**report.at_cutoff.labels, **report.next_event.labels}
    for name, label in names.items():
        if name in LIST_METRICS:
            yield label, LIST_METRICS[name].definition


def _define_head_figures(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the figures of each kind of head, which may name them alike, and the trivial predictors."""
    for kind in dict.fromkeys(head.kind for head in report.heads):
        for figure, metric in find_kind(kind).metrics.items():
            yield f"{kind} {figure}", PREDICTION_METRICS[metric].definition
    if any(head.trivial for head in report.heads):
        yield from TRIVIAL_PREDICTORS.items()
