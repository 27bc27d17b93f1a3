"""A bundle with many items for its speed: a trained one, grown by random items and written by the exporter."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from app.bundle.record_files import read_item_table
from app.bundle.torch_predictor import TorchPredictor
from benchmarks.serving.grown_files import grow_links, grow_statistics, grow_texts, read_pages
from models.contract.arrays import Floats
from models.contract.bundle import (
    CONTENT_LINKS,
    GOLDEN,
    HISTORIES,
    ITEM_STATISTICS,
    ITEM_TEXT,
    ITEM_VECTORS,
    LINKS,
    MANIFEST,
    USER_VECTORS,
    WHITENING,
    Manifest,
    read_features,
    read_manifest,
)
from models.contract.catalogue import Attribute, Item
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.features import encode_items
from models.contract.histories import read_histories
from models.contract.records import GoldenRequests, read_users
from models.contract.tasks import NEXT
from models.contract.user_vector import strip_bias
from models.contract.vocabulary import Vocabulary
from models.export.publish import Contents, publish
from models.network.model import ChorusNetwork, grow_network, load_network
from models.network.shape import infer_shape

CHUNK = 20_000
"""Items encoded at once."""
SCATTER = 0.7
"""The spread of the new items around the trained ones, in standard deviations of these."""


@dataclass(frozen=True, slots=True)
class Base:
    """The trained bundle."""

    folder: Path
    manifest: Manifest
    spec: FeatureSpec
    items: list[Item]
    vectors: Floats  # [n, D + 2]


def grow_bundle(base_folder: Path, folder: Path, count: int, seed: int = 0) -> Path:
    """A bundle of `count` items at `folder`, which is kept if it is there already.

    New items are variants of the trained ones in turn: their categories, numbers near theirs, a title of two titles,
    scattered text vectors and embeddings. Users, histories and weights stay those of the trained bundle, and so do
    the golden requests, but for `next`: only the strongest links of the trained items remain.
    """
    base = read_base(base_folder)
    version = f"{base.manifest.model_version[:60]}-{count}"
    if (folder / MANIFEST).is_file() and read_manifest(folder).model_version == version:
        return folder
    if count < len(base.items):
        raise ValueError(f"expected at least the {len(base.items)} items of {base_folder}, given {count}")
    random = np.random.default_rng(seed)
    items = grow_items(base, count, random)
    spec = base.spec.model_copy(update={"item_ids": Vocabulary(tokens=grow_ids(base, items))})
    with tempfile.TemporaryDirectory(dir=make_parent(folder)) as scratch:
        text = grow_texts(np.load(base.folder / ITEM_TEXT), count, random, Path(scratch) / ITEM_TEXT)
        contents = build_contents(base, spec, items, text, random)
        publish(folder, contents, lambda files: describe(base, spec, version, files))
    return folder


def make_parent(folder: Path) -> Path:
    """The folder above, which exists afterwards."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.parent


def read_base(folder: Path) -> Base:
    """Read a trained bundle."""
    manifest = read_manifest(folder)
    spec, items = read_features(folder, manifest), read_item_table(folder / "items.jsonl")
    return Base(folder, manifest, spec, items, np.load(folder / ITEM_VECTORS))


def grow_items(base: Base, count: int, random: np.random.Generator) -> tuple[Item, ...]:
    """The trained items, then variants of them in turn."""
    start = len(base.items)
    partners = random.integers(0, start, count).tolist()
    noise = random.normal(0, 0.1, count).tolist()
    new = (
        Item(
            f"grown-{row}",
            vary_attributes(base.spec, base.items[row % start], base.items[partners[row]], noise[row]),
            base.items[row % start].vectors,
        )
        for row in range(start, count)
    )
    return (*base.items, *new)


def vary_attributes(spec: FeatureSpec, item: Item, partner: Item, noise: float) -> dict[str, Attribute]:
    """The item's attributes with numbers moved by `noise` deviations, and each text followed by the partner's."""
    attributes = dict(item.attributes)
    for field in spec.fields(FieldKind.NUMERIC):
        value = attributes.get(field.name)
        if isinstance(value, float):
            attributes[field.name] = round(value + noise * field.std, 3)
    for field in spec.fields(FieldKind.TEXT):
        texts = (holder.attributes.get(field.name) for holder in (item, partner))
        attributes[field.name] = " ".join(text for text in texts if isinstance(text, str))
    return attributes


def grow_ids(base: Base, items: tuple[Item, ...]) -> tuple[str, ...]:
    """The vocabulary of item ids, with those of the new items."""
    return (*base.spec.item_ids.tokens, *(item.item_id for item in items[len(base.items) :]))


def build_contents(
    base: Base, spec: FeatureSpec, items: tuple[Item, ...], text: Floats, random: np.random.Generator
) -> Contents:
    """The contents that the exporter writes."""
    network = load_network(base.folder, base.manifest, base.spec)
    network = grow_network(network, infer_shape(spec)).eval()
    statistics = grow_statistics(np.load(base.folder / ITEM_STATISTICS), len(items), random)
    vectors = encode_table(base, spec, network, items, (text, statistics), random)
    users = tuple(read_users(base.folder / "profiles.jsonl"))
    arrays = {ITEM_TEXT: text, ITEM_VECTORS: vectors, ITEM_STATISTICS: statistics}
    for name in (USER_VECTORS, WHITENING):
        if name in base.manifest.files:
            arrays[name] = np.load(base.folder / name)
    return Contents(
        spec=spec,
        network=network,
        items=items,
        users=users,
        histories=read_histories(base.folder / HISTORIES),
        golden=keep_golden(base.folder),
        arrays=arrays,
        pages=read_pages(base.folder, base.manifest),
        links=grow_links(base.folder / LINKS, len(items), random) if LINKS in base.manifest.files else None,
    )


def encode_table(
    base: Base,
    spec: FeatureSpec,
    network: ChorusNetwork,
    items: tuple[Item, ...],
    columns: tuple[Floats, Floats],
    random: np.random.Generator,
) -> Floats:
    """[n, D + 2] the item table; the ID embeddings of new items are set to scatter them around the trained ones.

    The mean vector stays that of the trained items, from which negative feedback pushes.
    """
    start, (text, statistics) = len(base.items), columns
    trained = strip_bias(base.vectors)
    targets = scatter(trained, len(items) - start, random)
    table = np.empty((len(items), base.vectors.shape[1]), dtype=np.float32)
    table[:start] = base.vectors
    predictor = TorchPredictor(network, spec.timed)
    for first in range(start, len(items), CHUNK):
        rows = slice(first, min(first + CHUNK, len(items)))
        arrays = encode_items(spec, items[rows], np.asarray(text[rows]))
        described = strip_bias(predictor.item_vectors(arrays, statistics[rows]))
        ids = torch.from_numpy(arrays.ids)
        with torch.no_grad():
            wanted = torch.from_numpy(targets[first - start : rows.stop - start] - described)
            network.items.ids.weight[ids] += wanted
        table[rows] = predictor.item_vectors(arrays, statistics[rows])
    return table


def scatter(trained: Floats, count: int, random: np.random.Generator) -> Floats:
    """[count, D] vectors around the trained ones in turn, with their mean."""
    targets = trained[np.arange(count) % len(trained)]
    noise = random.standard_normal(targets.shape, dtype=np.float32)
    targets = targets + SCATTER * trained.std(axis=0) * noise
    shift = trained.mean(axis=0, dtype=np.float64) - targets.mean(axis=0, dtype=np.float64)
    return np.asarray(targets + shift, dtype=np.float32)


def keep_golden(folder: Path) -> GoldenRequests:
    """The golden requests without the logits of `next`, which read all links."""
    golden = GoldenRequests.model_validate_json((folder / GOLDEN).read_bytes())
    requests = tuple(
        request.model_copy(update={"logits": {k: v for k, v in request.logits.items() if k != NEXT}})
        for request in golden.requests
    )
    return golden.model_copy(update={"requests": requests})


def describe(base: Base, spec: FeatureSpec, version: str, files: Mapping[str, str]) -> Manifest:
    """The manifest of the grown bundle."""
    fields = json.loads(base.manifest.model_dump_json())
    fields |= {"model_version": version, "features_digest": spec.digest(), "files": dict(files)}
    if CONTENT_LINKS not in files and fields["links"] is not None:
        fields["links"] |= {"content": 0.0, "level": 0.0}
    return Manifest.model_validate_json(json.dumps(fields))
