"""Fit of the item links on validation: the settings of the regression, and the gains by length of the history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.contract.item_links import FittedLinks, ItemLinks, LinkGains, LinkTable
from models.evaluation.candidates import EvaluationLists
from models.evaluation.inference import CorpusPredictor
from models.evaluation.protocols import pairs_matrix
from models.export.content_gains import NO_CONTENT, ContentFit, fit_content_gains
from models.export.content_links import MOST_COLD, fit_content
from models.export.link_gains import (
    LEAST_IN_PROTOCOL,
    LEAST_NDCG,
    NO_GAINS,
    LinkQuality,
    choose_gains,
    measure_achieved,
)
from models.export.link_lists import LinkLists, measure_lists, read_lists
from models.export.polarity import centre_vectors
from models.export.regression import RegressionSettings, fit_regression
from models.export.strongest_links import count_links
from models.export.transitions import fit_transitions
from models.training.bundle_statistics import find_stops, mark_before
from models.training.corpus import Corpus

PENALTIES, CONTENT = (20.0, 100.0, 500.0), (0.0, 5.0)


@dataclass(frozen=True, slots=True)
class LinkFit:
    """The fitted settings and gains, and what they gave on validation."""

    settings: RegressionSettings
    gains: LinkGains
    before: float  # NDCG@10 of the network alone
    after: float
    texts: Sequence[str] = ()  # of the items, for the content links
    content: ContentFit = NO_CONTENT

    def build(self, corpus: Corpus, part: int) -> FittedLinks | None:
        """The links of all events before a part (models.training.corpus.PART_*); None where they gain nothing."""
        if self.gains.is_off:
            return None
        return link_content(self, read_source(corpus, find_stops(corpus, part)))


def link_content(fit: LinkFit, source: "LinkSource", tables: ItemLinks | None = None) -> FittedLinks:
    """The links of a source, with content links where they gain; `tables` if they are there already."""
    tables = source.link(fit.settings) if tables is None else tables
    content = fit_content(source.matrix, fit.texts, fit.settings.penalty) if fit.content.gain else None
    if content is None:
        return FittedLinks(tables, fit.gains)
    change = {"content": fit.content.gain, "level": fit.content.level}
    return FittedLinks(tables, fit.gains.model_copy(update=change), content)


def describe_links(fit: LinkFit) -> str:
    """One line for the console: the gains, or that there are none."""
    if fit.gains.is_off:
        return "item links (co-occurrence): no gain on validation, left out"
    gains, settings = fit.gains, fit.settings
    classes = [
        f"from {least} events {transition:g} and {regression:g}"
        for least, transition, regression in zip(
            gains.least_events, gains.transition, gains.regression, strict=True
        )
    ]
    classes.append(f"after a pause {gains.returning[0]:g} and {gains.returning[1]:g}")
    return (
        f"item links (co-occurrence): NDCG@10 on validation {fit.before:.3f} -> {fit.after:.3f}; gains of transitions "
        f"and regression: {', '.join(classes)}; penalty {settings.penalty:g}, content {settings.content:g}\n"
        f"{describe_content(fit.content, len(fit.texts))}"
    )


def describe_content(fit: ContentFit, items: int = 0) -> str:
    """One line for the console: the gain of the content links, or that there are none.

    Of a catalogue of more than MOST_COLD `items` it says how many may have links.
    """
    if not fit.gain:
        return "content links (items without events, by their words): no gain on validation, left out"
    return (
        f"content links (items without events, by their words): NDCG@10 among items made cold on validation "
        f"{fit.before:.3f} -> {fit.after:.3f}, {fit.reached:.0%} of them in the first 100 of all items; gain "
        f"{fit.gain:g}, level {fit.level:g}, at {fit.warm:.1%} of the NDCG@10 of other items"
        f"{f'; the last {MOST_COLD:,} items without events get them' if items > MOST_COLD else ''}"
    )


@dataclass(frozen=True, slots=True)
class LinkSource:
    """The input of the tables of one part of the log. The transitions need no setting."""

    transitions: LinkTable
    matrix: sparse.csr_array  # bool [U, I]
    content: Floats  # [I, C] of length 1; zeros for an item without
    keep: int  # links of an item

    def link(self, settings: RegressionSettings) -> ItemLinks:
        """The tables with these settings."""
        return ItemLinks(self.transitions, fit_regression(self.matrix, self.content, settings, self.keep))


def read_source(corpus: Corpus, stops: Indices) -> LinkSource:
    """All events before each user's row `stops` [U]; dislikes and skips are left out."""
    items, offsets = _select_events(corpus, stops)
    count = len(corpus.catalogue.ids)
    users = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    keep = count_links(count)
    return LinkSource(
        fit_transitions(items, offsets, count, keep),
        pairs_matrix(users, items, (len(offsets) - 1, count)),
        read_content(corpus),
        keep,
    )


def read_content(corpus: Corpus) -> Floats:
    """[I, C] the items' content, centred and of length 1; zeros for an item without."""
    content = corpus.catalogue.content
    present = content.any(axis=1)
    unit = np.zeros_like(content)
    if present.any():
        unit[present] = centre_vectors(content[present])
    return unit


class _Trial(NamedTuple):
    """One setting with its tables and their quality on the lists of each protocol."""

    settings: RegressionSettings
    tables: ItemLinks
    quality: list[LinkQuality]
    gains: LinkGains

    @property
    def share(self) -> float:
        """The NDCG with the chosen gains as a share of that without links, as a mean over the protocols."""
        pairs = [
            (measure_achieved(sample, self.gains), float(sample.ndcg[0].mean())) for sample in self.quality
        ]
        return float(np.mean([after / max(before, LEAST_NDCG) for after, before in pairs]))


def fit_links(
    predictor: CorpusPredictor,
    samples: Sequence[EvaluationLists],
    stops: Indices,
    texts: Sequence[str],
) -> tuple[LinkFit, FittedLinks | None]:
    """Fit on the lists of several protocols, such as at the cut and before each event, which count alike.

    The predictor has no links yet; `stops` are the users' first rows of the validation part. The second part is the
    links of the events before them; None where they gain nothing. `texts`: of the items, for the content links.
    """
    lists = [read_lists(predictor, sample) for sample in samples if len(sample.case) >= LEAST_IN_PROTOCOL]
    if not lists:
        return LinkFit(RegressionSettings(PENALTIES[1], 0.0), NO_GAINS, 0.0, 0.0), None
    source = read_source(predictor.corpus, stops)
    contents = CONTENT if source.content.any() else CONTENT[:1]
    trials = (
        _try_settings(source, lists, RegressionSettings(penalty, content))
        for penalty, content in product(PENALTIES, contents)
    )
    best = max(trials, key=lambda trial: trial.share)  # one at a time: the tables are large
    before = float(np.mean([sample.ndcg[0].mean() for sample in best.quality]))
    after = float(np.mean([measure_achieved(sample, best.gains) for sample in best.quality]))
    fit = LinkFit(best.settings, best.gains, before, after, texts)
    if fit.gains.is_off:
        return fit, None
    links = best.tables, best.gains, best.settings.penalty
    fit = replace(fit, content=fit_content_gains(predictor, samples, source.matrix, links, texts))
    return fit, link_content(fit, source, best.tables)


def _try_settings(source: LinkSource, lists: Sequence[LinkLists], settings: RegressionSettings) -> _Trial:
    tables = source.link(settings)
    quality = [measure_lists(sample, tables) for sample in lists]
    return _Trial(settings, tables, quality, choose_gains(quality))


def _select_events(corpus: Corpus, stops: Indices) -> tuple[Indices, Indices]:
    """Items [n] by user, oldest first, and offsets [U + 1], of the events before the stops that took an item."""
    keep = mark_before(corpus, stops) & (corpus.weights > 0)
    kept = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
    return corpus.items[keep].astype(np.int64), kept[corpus.offsets]
