"""A bundle in memory: predictor, live catalogue, known users and text encoder of one model version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from app.bundle.attribute_index import AttributeIndex
from app.bundle.bounded_cache import BoundedCache
from app.bundle.catalogue import Catalogue
from app.bundle.co_occurrence import CoOccurrence
from app.bundle.item_ages import ItemAges
from app.bundle.item_columns import ItemRow
from app.bundle.label_cache import LabelCache
from app.bundle.label_sets import LabelSets
from app.bundle.new_rows import NewRows
from app.bundle.predictor import ItemTable, Predictor
from app.bundle.remote_texts import RemoteTexts
from app.bundle.title_table import TitleTable
from app.bundle.vector_index import ExactSearch, SearchIndex
from app.bundle.version_cache import VersionCache
from app.bundle.word_index import WordIndex
from models.contract.arrays import Floats, Indices
from models.contract.bundle import Manifest
from models.contract.catalogue import Item, User, UserState
from models.contract.events import EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.features import context_tokens, encode_items, item_text
from models.contract.item_links import FittedLinks
from models.contract.labels import label_field
from models.contract.statistics import TOTAL
from models.contract.tasks import NEXT, Head, Per
from models.contract.user_vector import strip_bias
from models.language.protocol import TextEncoder
from models.ranking.intent import Shares
from models.ranking.label_matrix import LabelMatrix
from models.ranking.popularity_debias import scale_popularity

ENCODING_BYTES = 64 << 20
"""The most memory of kept user encodings."""
CENTRED_ROWS = 50_000
"""Item vectors that are centred at once."""
ITEM_BATCH = 256
"""Items encoded at once, which bounds the memory of the language model."""


STATES_BYTES, STATE_BYTES, EVENT_BYTES = 32 << 20, 1_000, 250
"""About the bytes of all states of users that are kept, and of one without events; of each of its events."""


def make_state_cache() -> BoundedCache[UserState]:
    """An empty cache of the states of users."""
    return BoundedCache(STATES_BYTES)


def make_label_index() -> LabelCache[LabelMatrix]:
    """The labels of a live catalogue's items as a matrix."""
    return LabelCache(LabelMatrix.of, LabelMatrix.with_items)


def make_encoding_cache() -> BoundedCache[object]:
    """An empty cache of user encodings."""
    return BoundedCache(ENCODING_BYTES)


@dataclass(frozen=True, slots=True)
class KnownUsers:
    """The users of the training log and of the user table: histories and profiles."""

    rows: Mapping[str, int]  # user id -> row of the histories
    histories: EventColumns
    profiles: Mapping[str, User]
    item_ids: Sequence[str]  # the bundle's item table
    states: BoundedCache[UserState] = field(init=False, repr=False, default_factory=make_state_cache)
    """States that were asked for, as their events are Python objects, which take long to make."""

    def knows(self, user_id: str) -> bool:
        """True if the bundle has a history or a profile of the user."""
        return user_id in self.rows or user_id in self.profiles

    def state(self, user_id: str) -> UserState:
        """The user's history and profile; empty for an unknown user."""
        row = self.rows.get(user_id)
        if row is None:
            return UserState(user_id, self.profiles.get(user_id))
        state = self.states.get(user_id)
        if state is None:
            state = UserState(user_id, self.profiles.get(user_id), self.histories.events(row, self.item_ids))
            self.states.put(user_id, state, STATE_BYTES + EVENT_BYTES * len(state.events))
        return state

    def keeps(self, state: UserState) -> bool:
        """True if the state has the very events of the bundle, which a later request is given again."""
        kept = None if state.user_id is None else self.states.get(state.user_id)
        return kept is not None and kept.events is state.events and bool(kept.events)

    def count_events(self, user_id: str) -> int:
        """The events of the user's history."""
        row = self.rows.get(user_id)
        return 0 if row is None else int(self.histories.offsets[row + 1] - self.histories.offsets[row])


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """One model version with its current catalogue. Immutable: a change makes a new one."""

    folder: Path
    manifest: Manifest
    spec: FeatureSpec
    predictor: Predictor
    catalogue: Catalogue
    index: SearchIndex  # over the catalogue's vectors, by row
    candidates: int  # items scored for one answer
    known_users: KnownUsers
    text_encoder: TextEncoder | None
    unknown_vector: Floats  # [D] of an item without id, attributes and text
    mean_vector: Floats  # [D] of the bundle's items
    columns: AttributeIndex = field(default_factory=AttributeIndex)
    words: WordIndex = field(default_factory=WordIndex)
    links: FittedLinks | None = None  # over the rows of the bundle's items
    label_shares: Shares = field(default_factory=dict)  # of the bundle's items
    encodings: BoundedCache[object] = field(init=False, repr=False, default_factory=make_encoding_cache)
    """The pipeline's encodings of users (app.pipeline.encoding_cache): a changed bundle begins without any."""
    unread_items: frozenset[str] = frozenset()
    """Ids of items put later whose texts the encoder's endpoint has not given the vectors of."""
    titles: TitleTable = field(default_factory=TitleTable)
    labels: LabelCache[LabelMatrix] = field(default_factory=make_label_index)
    label_sets: LabelSets = field(default_factory=LabelSets)
    lengths: VersionCache[Floats] = field(default_factory=VersionCache)
    """[n] the lengths of the centred vectors."""
    greatest_total: VersionCache[float] = field(default_factory=VersionCache)
    """The greatest statistic `total` of the bundle's items. Live counts can exceed it: there the popularity is 1."""
    ages: ItemAges = field(default_factory=ItemAges)
    descriptions: VersionCache[str] = field(default_factory=VersionCache)
    """What a language model is told about the catalogue."""
    together: CoOccurrence = field(default_factory=CoOccurrence)
    """The items that the same users took lately."""
    new_items: NewRows = field(default_factory=NewRows)
    """The new items, for which places are kept."""

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads' names, `next` first."""
        return (NEXT, *(head.task.name for head in self.manifest.heads))

    @property
    def list_heads(self) -> tuple[str, ...]:
        """The heads that order a list, `next` first: those a user have one value for all of its items."""
        return (NEXT, *(head.task.name for head in self.manifest.heads if head.task.per is Per.EVENT))

    @property
    def dim(self) -> int:
        """D, the network's width."""
        return self.predictor.dim

    @property
    def may_reread_items(self) -> bool:
        """True if items wait for their text vectors and the endpoint may answer again."""
        encoder = self.text_encoder
        return bool(self.unread_items) and isinstance(encoder, RemoteTexts) and not encoder.is_resting

    @property
    def item_table(self) -> ItemTable:
        """The catalogue as input of the predictor."""
        return ItemTable(self.catalogue.vectors, self.catalogue.statistics, self.catalogue.id_indices)

    def rows(self, item_ids: Sequence[str]) -> Indices:
        """Catalogue rows [n]; -1 for an unknown item."""
        rows = (self.catalogue.row(item_id) for item_id in item_ids)
        return np.fromiter((-1 if row is None else row for row in rows), np.int64, len(item_ids))

    def item_vectors(self, rows: Indices) -> Floats:
        """Item vectors [n, D] without the bias; row -1 gives the unknown item's."""
        vectors = strip_bias(self.catalogue.vectors[rows])
        vectors[rows < 0] = self.unknown_vector
        return vectors

    def unit_vectors(self, rows: Indices) -> Floats:
        """Centred vectors [n, D] of length 1: their inner product is the items' similarity."""
        vectors = strip_bias(self.catalogue.vectors[rows]) - self.mean_vector
        return np.asarray(vectors / _measure_lengths(vectors)[:, None])

    def measure_similarity(self, rows: Indices) -> Floats:
        """[n] the similarity of each item with the mean of those at rows [p], of which there is one at least."""
        mean = self.unit_vectors(rows).mean(axis=0)
        mean /= max(float(np.linalg.norm(mean)), 1e-12)
        vectors = strip_bias(self.catalogue.vectors)
        lengths = self.lengths.of(self.catalogue, lambda: _measure_centred(vectors, self.mean_vector))
        return np.asarray((vectors @ mean - self.mean_vector @ mean) / lengths, dtype=np.float32)

    def measure_popularity(self, rows: Indices) -> Floats:
        """[K] the popularity of the items at rows [K], as a share of the logarithm of the greatest."""
        totals = self.catalogue.trained_statistics[:, TOTAL]
        greatest = self.greatest_total.of(self.catalogue, lambda: float(totals.max(initial=0)))
        return scale_popularity(self.catalogue.statistics[rows, TOTAL], greatest)

    def encode_text(self, text: str) -> Floats | None:
        """A text's unit vector [T]; None for a blank text, or where the bundle has no language model."""
        if not text.strip() or self.text_encoder is None:
            return None
        vector = self.text_encoder.encode([text])[0]
        return vector if vector.any() else None

    def context_label(self, head: Head, context: Mapping[str, str], now: float) -> str | None:
        """The class of a moment for a head on `time.daypart`, `context.device`, ...; None if unknown."""
        tokens = dict(token.split("=", 1) for token in context_tokens(self.spec, context, now))
        return tokens.get(label_field(head.task.label))

    def fork(self) -> "LoadedBundle":
        """The bundle as it was loaded, with a catalogue of its own: a change of either is not seen by the other."""
        catalogue = self.catalogue.fork()
        # Exact search reads the rows of the catalogue that it was made of, which change with it.
        index = ExactSearch(catalogue.vectors) if isinstance(self.index, ExactSearch) else self.index
        return replace(
            self,
            catalogue=catalogue,
            index=index,
            columns=AttributeIndex(),
            words=WordIndex(),
            titles=TitleTable(),
            labels=make_label_index(),
            label_sets=LabelSets(),
            lengths=VersionCache(),
            greatest_total=VersionCache(),
            descriptions=VersionCache(),
            together=CoOccurrence(),
            links=None if self.links is None else self.links.as_exported(),
            unread_items=frozenset(),
        )

    def without_users(self) -> "LoadedBundle":
        """The bundle without the histories and profiles of the training data."""
        return replace(self, known_users=replace(self.known_users, rows={}, profiles={}))

    def item_row(self, item: Item) -> ItemRow:
        """The row of one item; see `item_rows`."""
        return self.item_rows([item])[0]

    def item_rows(self, items: Sequence[Item]) -> list[ItemRow]:
        """Encode items with the network and the language model; items of the catalogue keep their statistics."""
        item_rows: list[ItemRow] = []
        for start in range(0, len(items), ITEM_BATCH):
            batch = items[start : start + ITEM_BATCH]
            rows = self.rows([item.item_id for item in batch])
            statistics = self.catalogue.trained_statistics[rows]
            statistics[rows < 0] = 0
            item_rows += encode_rows(self.predictor, self.spec, batch, self._item_texts(batch), statistics)
        return item_rows

    def _item_texts(self, items: Sequence[Item]) -> Floats:
        """The text vectors [n, T] of items; zeros where there is no text, or no language model."""
        if self.text_encoder is None:
            return np.zeros((len(items), self.spec.text_size), dtype=np.float32)
        return self.text_encoder.encode([item_text(self.spec, item) for item in items])


def _measure_centred(vectors: Floats, mean: Floats) -> Floats:
    """[n] the lengths of vectors [n, D] less their mean, in parts, as a copy of all would stay in memory."""
    starts = range(0, len(vectors), CENTRED_ROWS)
    return np.concatenate(
        [_measure_lengths(vectors[start : start + CENTRED_ROWS] - mean) for start in starts]
    )


def _measure_lengths(vectors: Floats) -> Floats:
    """[n] the lengths of vectors [n, D], above 0."""
    return np.asarray(np.maximum(np.linalg.norm(vectors, axis=1), 1e-12), dtype=np.float32)


def encode_rows(
    predictor: Predictor, spec: FeatureSpec, items: Sequence[Item], texts: Floats, statistics: Floats
) -> list[ItemRow]:
    """Encode n items with text vectors [n, T] and statistics [n, S], zeros for items without history."""
    vectors = predictor.item_vectors(encode_items(spec, items, texts), statistics)
    return [ItemRow(vector, text) for vector, text in zip(vectors, texts, strict=True)]
