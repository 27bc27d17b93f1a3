"""Content links: the links of an item without events, from its words; a term of its `next` logit.

An item without events has no co-occurrences. Its links are predicted from its words, by a ridge regression over the
items with events (the anchors): of the links that lead to them, and of each one's own events. A put item gets its
links by the same function as an item of the export. The service, the golden requests and the offline evaluation share
this definition.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Indices, Indices32
from models.contract.words import InvertedIndex, measure_cosines

SOURCES = 64
"""The links that an item keeps. On Amazon Office 64 are better than all (docs/quality.md)."""
RIDGE = 5.0
"""The penalty (L2) of the regression on words."""
UNIT = 0.002
"""The sum of links from which on its logarithm counts: a tenth of what one similar item in the history gives."""
OWN = 0.5
"""What an anchor's own event counts, in weights of the links."""


class ContentModel(NamedTuple):
    """The regression that predicts links from words, over N anchors."""

    anchors: Indices  # [N] item rows
    words: InvertedIndex  # of the anchors' texts
    directions: Floats  # [N, R] the first left singular vectors of the anchors' word vectors
    shrinkage: Floats  # [R] s² / (s² + RIDGE) of each
    linked: Indices32  # [N, K] numbers of the anchors that each anchor links to
    weights: Floats  # [N, K]


class ContentTable(NamedTuple):
    """The links of C items without events."""

    items: Indices  # [C] item rows, distinct
    sources: Indices32  # [C, S] rows of the items that link to each
    weights: Floats  # [C, S] 0 where there are fewer


class ContentLinks(NamedTuple):
    """The model, the table of the bundle's items, and the table with the items put since."""

    model: ContentModel
    exported: ContentTable
    table: ContentTable

    def with_items(self, rows: Indices, texts: Sequence[str]) -> "ContentLinks":
        """With the items at `rows` [n], of these texts, in place of what the table had of them."""
        kept = ~np.isin(self.table.items, rows)
        items, sources, weights = self.table
        before = ContentTable(items[kept], sources[kept], weights[kept])
        return self._replace(table=join_tables(before, link_texts(self.model, rows, texts)))

    def as_exported(self) -> "ContentLinks":
        """Without the items put."""
        return self._replace(table=self.exported)


def link_texts(model: ContentModel, rows: Indices, texts: Sequence[str]) -> ContentTable:
    """The links of the items at `rows` [n] by their texts, whatever the others are. Items without one are left out."""
    sources = np.zeros((len(rows), SOURCES), dtype=np.int32)
    weights = np.zeros((len(rows), SOURCES), dtype=np.float32)
    for number, text in enumerate(texts):
        found = predict_links(model, text)
        best = np.argsort(-found, kind="stable")[:SOURCES]
        best = best[found[best] > 0]
        sources[number, : len(best)] = model.anchors[best]
        weights[number, : len(best)] = found[best]
    has = weights.any(axis=1)
    return ContentTable(np.asarray(rows, dtype=np.int64)[has], sources[has], weights[has])


def predict_links(model: ContentModel, text: str) -> Floats:
    """[N] the weight from each anchor to an item of this text."""
    cosines = measure_cosines(model.words, text)
    within = model.directions @ (model.shrinkage * (cosines @ model.directions))
    ridge = (cosines - within) / np.float32(RIDGE)  # (K + RIDGE I)^-1 k, exact within the directions
    led = np.einsum("nk,nk->n", model.weights, ridge[model.linked])
    return np.asarray(led + np.float32(OWN) * ridge, dtype=np.float32)


def join_tables(before: ContentTable, after: ContentTable) -> ContentTable:
    """Both tables, whose items are different."""
    return ContentTable(
        np.concatenate([before.items, after.items]),
        np.concatenate([before.sources, after.sources]),
        np.concatenate([before.weights, after.weights]),
    )


def sum_content(table: ContentTable, history: Floats) -> Floats:
    """[C] the sum of each item's links from a history [I] of weights by item row."""
    return np.asarray(np.einsum("cs,cs->c", table.weights, history[table.sources]), dtype=np.float32)


def add_content(sums: Floats, gain: float, level: float) -> Floats:
    """The term added to logits for sums of links [...]: level + gain * log(1 + sum / UNIT).

    The logarithm keeps the order and bounds the best: in linear logits they cost other items' lists 38 % on validation.
    """
    return np.asarray(
        np.float32(level) + np.float32(gain) * np.log1p(sums / np.float32(UNIT)), dtype=np.float32
    )


def write_content(path: Path, links: ContentLinks) -> None:
    """Write the model and the exported table to one .npz file."""
    model, table = links.model, links.exported
    arrays = {f"word_{name}": column for name, column in model.words._asdict().items()}
    arrays |= {name: column for name, column in model._asdict().items() if name != "words"}
    arrays |= {f"cold_{name}": column for name, column in table._asdict().items()}
    np.savez(path, **arrays)


def read_content(path: Path) -> ContentLinks:
    """Read what `write_content` wrote; raises OSError, KeyError or ValueError for any other file."""
    with np.load(path, allow_pickle=False) as arrays:
        words = {name: arrays[f"word_{name}"] for name in InvertedIndex._fields}
        index = InvertedIndex(**words | {"size": int(words["size"])})
        others = {name: arrays[name] for name in ContentModel._fields if name != "words"}
        table = ContentTable(*(arrays[f"cold_{name}"] for name in ContentTable._fields))
    return ContentLinks(ContentModel(words=index, **others), table, table)
