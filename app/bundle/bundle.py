"""A bundle in memory: everything that a request needs, read once and then only read from."""

import json
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import faiss
import numpy as np
import torch

from app.bundle.attribute_index import AttributeIndex
from app.bundle.catalogue import Catalogue, ItemRow
from app.bundle.vector_index import ExactSearch, FaissSearch, SearchIndex
from models.contract.arrays import Floats, Indices
from models.contract.bundle import (
    HISTORIES,
    INDEX,
    ITEM_STATISTICS,
    ITEM_TEXT,
    ITEM_VECTORS,
    ITEMS,
    PROFILES,
    USER_IDS,
    BundleError,
    Manifest,
    read_features,
    verify,
)
from models.contract.catalogue import Item, User, UserState
from models.contract.events import EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.features import context_tokens, encode_items, item_text
from models.contract.fusion import FusionMethod
from models.contract.histories import read_histories
from models.contract.labels import label_field
from models.contract.records import read_items, read_users
from models.contract.statistics import STATISTICS
from models.contract.tasks import NEXT, Head
from models.heads.registry import HeadKindError, check_task
from models.language.protocol import TextEncoder, TextEncoderUnavailableError
from models.language.registry import open_text_encoder
from models.network.model import ChorusNetwork, item_tensors, load_network

ITEM_BATCH = 256
"""Items encoded at once: what the language model needs of memory meanwhile stays small."""
UNUSABLE = (
    OSError,
    EOFError,
    BadZipFile,
    zlib.error,
    struct.error,
    ValueError,  # pydantic's and JSON's errors too
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # torch's and FAISS's errors
    AssertionError,  # FAISS's of an array that does not fit
    MemoryError,  # a header that claims a terabyte
    TextEncoderUnavailableError,
)
"""What the content of a bundle can raise, wherever it is read or computed with."""


@dataclass(frozen=True, slots=True)
class KnownUsers:
    """Whom the bundle knows: training histories and profiles."""

    rows: Mapping[str, int]  # user id -> row of the histories
    histories: EventColumns
    profiles: Mapping[str, User]
    item_ids: Sequence[str]  # the bundle's item table

    def knows(self, user_id: str) -> bool:
        """Whether the bundle has a history or a profile of the user."""
        return user_id in self.rows or user_id in self.profiles

    def state(self, user_id: str) -> UserState:
        """What the bundle knows of a user; empty for an unknown one."""
        row = self.rows.get(user_id)
        events = () if row is None else self.histories.events(row, self.item_ids)
        return UserState(user_id, self.profiles.get(user_id), events)


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """One version of the model with its catalogue as it is now; replaced, never changed."""

    folder: Path
    manifest: Manifest
    spec: FeatureSpec
    network: ChorusNetwork
    catalogue: Catalogue
    index: SearchIndex  # over the catalogue's vectors, by row
    candidates: int  # items scored an answer
    known_users: KnownUsers
    text_encoder: TextEncoder | None
    unknown_vector: Floats  # [D] an item of which nothing is known
    mean_vector: Floats  # [D] of the bundle's items
    columns: AttributeIndex = field(default_factory=AttributeIndex)

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads' names, `next` first."""
        return (NEXT, *(head.task.name for head in self.manifest.heads))

    @property
    def dim(self) -> int:
        """D, the network's width."""
        return self.network.config.dim

    def rows(self, item_ids: Sequence[str]) -> Indices:
        """Catalogue rows [n]; -1 for an unknown item."""
        found = (self.catalogue.row(item_id) for item_id in item_ids)
        return np.fromiter((-1 if row is None else row for row in found), np.int64, len(item_ids))

    def item_vectors(self, rows: Indices) -> Floats:
        """Item vectors [n, D] without the bias; row -1 gives the unknown item's."""
        vectors = self.catalogue.vectors[rows, :-1]
        vectors[rows < 0] = self.unknown_vector
        return vectors

    def unit_vectors(self, rows: Indices) -> Floats:
        """Vectors [n, D] from the mean item, of length 1: their inner product is how alike items are."""
        vectors = self.catalogue.vectors[rows, :-1] - self.mean_vector
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))

    def network_statistics(self, rows: Indices) -> Floats:
        """Item statistics [n, S] as the network reads them: zeros where the job gave no times."""
        found = self.catalogue.statistics[rows]
        return found if self.spec.timed else np.zeros_like(found)

    def encode_text(self, text: str) -> Floats | None:
        """A text's unit vector [T]; None for a blank text, or where the bundle has no language model."""
        if not text.strip() or self.text_encoder is None:
            return None
        vector = self.text_encoder.encode([text])[0]
        return vector if vector.any() else None

    def context_label(self, head: Head, context: Mapping[str, str], now: float) -> str | None:
        """The class of the moment for a head on `time.daypart`, `context.device`, ...; None where unknown."""
        tokens = dict(token.split("=", 1) for token in context_tokens(self.spec, context, now))
        return tokens.get(label_field(head.task.label))

    def item_row(self, item: Item) -> ItemRow:
        """An item as the network and the language model see it; one that is there keeps its statistics."""
        return self.item_rows([item])[0]

    def item_rows(self, items: Sequence[Item]) -> list[ItemRow]:
        """Items as `item_row` gives each, many at once."""
        found: list[ItemRow] = []
        for start in range(0, len(items), ITEM_BATCH):
            batch = items[start : start + ITEM_BATCH]
            rows = self.rows([item.item_id for item in batch])
            statistics = self.catalogue.statistics[rows]
            statistics[rows < 0] = 0
            found += encode_rows(self.network, self.spec, batch, self._item_texts(batch), statistics)
        return found

    def _item_texts(self, items: Sequence[Item]) -> Floats:
        """The text vectors [n, T] of items; zeros where there is no text, or no language model."""
        if self.text_encoder is None:
            return np.zeros((len(items), self.spec.text_size), dtype=np.float32)
        return self.text_encoder.encode([item_text(self.spec, item) for item in items])


def encode_item(
    network: ChorusNetwork,
    spec: FeatureSpec,
    item: Item,
    text: Floats | None,
    statistics: Floats | None = None,
) -> ItemRow:
    """One item's vector and bias: `statistics` [S] are zeros for an item without history."""
    texts = np.zeros((1, spec.text_size), dtype=np.float32) if text is None else text[None]
    known = np.zeros((1, len(STATISTICS)), dtype=np.float32) if statistics is None else statistics[None]
    return encode_rows(network, spec, [item], texts, known)[0]


@torch.inference_mode()
def encode_rows(
    network: ChorusNetwork, spec: FeatureSpec, items: Sequence[Item], texts: Floats, statistics: Floats
) -> list[ItemRow]:
    """Vectors and biases of n items in one call, with texts [n, T] and statistics [n, S]."""
    vectors, bias = network.items(*item_tensors(encode_items(spec, items, texts)))
    if spec.timed:
        bias = bias + network.items.popularity(torch.from_numpy(statistics))
    found = torch.cat([vectors, bias[:, None]], dim=1).numpy()
    return [ItemRow(vector, text) for vector, text in zip(found, texts, strict=True)]


def load_bundle(folder: Path, candidates: int) -> LoadedBundle:
    """A bundle, its files verified; raises BundleError. `candidates`: items scored an answer."""
    try:
        manifest = verify(folder)
        check_heads(manifest)
        spec = read_features(folder, manifest)
        network = load_network(folder, manifest, spec)
        return _assembled(folder, manifest, spec, network, candidates)
    except UNUSABLE as error:
        raise BundleError(
            f"expected a bundle that can be opened at {folder}, given {type(error).__name__}: {error}"
        ) from error


def check_heads(manifest: Manifest) -> None:
    """Raises BundleError for an unknown head kind, a head without calibration or utility, or unusable weights."""
    for head in manifest.heads:
        try:
            check_task(head.task)
        except HeadKindError as error:
            raise BundleError(f"expected heads that can be read, given {head.task.name}: {error}") from error
    heads = {NEXT, *(head.task.name for head in manifest.heads)}
    fusion = manifest.fusion
    fitted: dict[str, Mapping[str, object]] = {"calibrations": manifest.calibrations}
    if fusion.method is not FusionMethod.VOTE:  # a vote is of ranks: it needs no scale
        fitted["utilities"] = fusion.utilities
    for name, values in fitted.items():
        if missing := sorted(heads - values.keys()):
            raise BundleError(f"expected {name} of every head, given none of {', '.join(missing)}")
    for name, weights in {"the fusion": fusion.weights, **manifest.scenes}.items():
        if unknown := sorted(weights.keys() - heads):
            raise BundleError(f"expected weights of known heads in {name}, given {', '.join(unknown)}")
        total = sum(abs(weight) for weight in weights.values())
        if not 0 < total < math.inf:
            raise BundleError(f"expected finite weights, not all 0, in {name}, given a sum of {total:g}")


def _assembled(
    folder: Path, manifest: Manifest, spec: FeatureSpec, network: ChorusNetwork, candidates: int
) -> LoadedBundle:
    items = read_items(folder / ITEMS)
    vectors = np.load(folder / ITEM_VECTORS, allow_pickle=False)
    columns = (
        vectors,
        np.load(folder / ITEM_TEXT, allow_pickle=False).astype(np.float32),
        np.load(folder / ITEM_STATISTICS, allow_pickle=False),
    )
    mean = vectors[:, :-1].mean(axis=0)
    user_ids: list[str] = json.loads((folder / USER_IDS).read_bytes())
    profiles = {user.user_id: user for user in read_users(folder / PROFILES)}
    return LoadedBundle(
        folder=folder,
        manifest=manifest,
        spec=spec,
        network=network,
        catalogue=Catalogue.of(spec, manifest.heads, items, columns),
        index=open_index(folder / INDEX, vectors),
        candidates=candidates,
        known_users=KnownUsers(
            rows={user_id: row for row, user_id in enumerate(user_ids)},
            histories=read_histories(folder / HISTORIES),
            profiles=profiles,
            item_ids=tuple(item.item_id for item in items),
        ),
        text_encoder=None if manifest.text_encoder is None else open_text_encoder(manifest.text_encoder),
        unknown_vector=encode_item(network, spec, Item("\0"), None).vector[:-1],
        mean_vector=mean,
    )


def open_index(path: Path, vectors: Floats) -> SearchIndex:
    """The bundle's FAISS index; raises BundleError where it is not one over these vectors.

    A bundle without an index file is searched exactly.
    """
    if not path.is_file():
        return ExactSearch(vectors)
    index = faiss.read_index(str(path))
    if (index.ntotal, index.d) != vectors.shape:
        raise BundleError(f"expected an index over {vectors.shape}, given {(index.ntotal, index.d)}")
    return FaissSearch(index)
