"""Fit of the item links on validation: the settings of the regression, and the gains by length of the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.feedback import REJECTING_ACTIONS
from models.contract.item_links import ItemLinks, LinkGains
from models.evaluation.candidates import EvaluationLists
from models.evaluation.inference import CorpusPredictor
from models.evaluation.protocols import pairs_matrix
from models.export.link_gains import NO_GAINS, choose_gains, mean_shares, measure_achieved
from models.export.link_lists import LinkQuality, measure_lists, read_lists
from models.export.polarity import centre_vectors
from models.export.regression import RegressionSettings, fit_regression
from models.export.strongest_links import count_links
from models.export.transitions import fit_transitions
from models.training.corpus import Corpus

PENALTIES, CONTENT = (20.0, 100.0, 500.0), (0.0, 5.0)


@dataclass(frozen=True, slots=True)
class LinkFit:
    """The fitted settings and gains, and what they gave on validation."""

    settings: RegressionSettings
    gains: LinkGains
    before: float  # NDCG@10 of the network alone
    after: float


def describe_links(fit: LinkFit) -> str:
    """One line for the console: the gains, or that there are none."""
    if fit.gains.is_off:
        return "item links (co-occurrence): no gain on validation, left out"
    classes = ", ".join(
        f"from {least} events {transition:g} and {regression:g}"
        for least, transition, regression in zip(
            fit.gains.least_events, fit.gains.transition, fit.gains.regression, strict=True
        )
    )
    return (
        f"item links (co-occurrence): NDCG@10 on validation {fit.before:.3f} -> {fit.after:.3f}; gains of transitions "
        f"and regression: {classes}; penalty {fit.settings.penalty:g}, content {fit.settings.content:g}"
    )


def build_links(corpus: Corpus, stops: Indices, settings: RegressionSettings) -> ItemLinks:
    """The tables of all events before each user's row `stops` [U]; dislikes and skips are left out."""
    items, offsets = _select_events(corpus, stops)
    count = len(corpus.catalogue.ids)
    users = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    matrix = pairs_matrix(users, items, (len(offsets) - 1, count))
    keep = count_links(count)
    return ItemLinks(
        fit_transitions(items, offsets, count, keep),
        fit_regression(matrix, read_content(corpus), settings, keep),
    )


def read_content(corpus: Corpus) -> Floats:
    """[I, C] the items' content, centred and of length 1; zeros for an item without."""
    content = corpus.catalogue.content
    present = content.any(axis=1)
    unit = np.zeros_like(content)
    if present.any():
        unit[present] = centre_vectors(content[present])
    return unit


def fit_links(predictor: CorpusPredictor, samples: Sequence[EvaluationLists], stops: Indices) -> LinkFit:
    """Fit on the lists of several protocols, such as at the cut and before each event, which count alike.

    The predictor has no links yet; `stops` are the users' first rows of the validation part.
    """
    corpus = predictor.corpus
    lists = [read_lists(predictor, sample) for sample in samples if len(sample.case)]
    if not lists:
        return LinkFit(RegressionSettings(PENALTIES[1], 0.0), NO_GAINS, 0.0, 0.0)
    has_content = bool(corpus.catalogue.content.any())
    trials = []
    for settings in map(RegressionSettings._make, product(PENALTIES, CONTENT[: 1 + has_content])):
        links = build_links(corpus, stops, settings)
        trials.append((settings, [measure_lists(sample, links) for sample in lists]))
    settings, quality = max(trials, key=lambda trial: _best_share(trial[1]))
    gains = choose_gains([sample.ndcg for sample in quality], [sample.lengths for sample in quality])
    before = float(np.mean([sample.ndcg[0].mean() for sample in quality]))
    after = float(np.mean([measure_achieved(sample.ndcg, sample.lengths, gains) for sample in quality]))
    return LinkFit(settings, gains, before, after)


def _best_share(quality: Sequence[LinkQuality]) -> float:
    """The best point's NDCG as a share of that without links."""
    return float(mean_shares([sample.ndcg for sample in quality]).max())


def _select_events(corpus: Corpus, stops: Indices) -> tuple[Indices, Indices]:
    """Items [n] by user, oldest first, and offsets [U + 1], of the events before the stops that reject nothing."""
    rejects = np.array([name in REJECTING_ACTIONS for name in corpus.log.action_names], dtype=np.bool_)
    keep = np.arange(len(corpus.items)) < np.repeat(stops, np.diff(corpus.offsets))
    keep &= ~rejects[corpus.log.actions[corpus.log_rows]]
    kept = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
    return corpus.items[keep].astype(np.int64), kept[corpus.offsets]
