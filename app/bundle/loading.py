"""Load a bundle's folder into a LoadedBundle, with every file checked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from app.bundle.array_files import (
    read_array,
    read_column,
    read_content_links,
    read_item_links,
    read_user_histories,
)
from app.bundle.bundle import KnownUsers, LoadedBundle, encode_rows
from app.bundle.catalogue import Catalogue
from app.bundle.collection_pause import paused_collections
from app.bundle.index_files import open_index, open_text_index
from app.bundle.item_ages import measure_item_ages
from app.bundle.record_files import open_item_lines, read_item_table, read_profiles, read_user_ids
from app.bundle.remote_texts import RemoteTexts
from app.bundle.torch_predictor import TorchPredictor
from models.contract.arrays import Floats
from models.contract.bundle import (
    CONTENT_LINKS,
    HISTORIES,
    INDEX,
    ITEM_STATISTICS,
    ITEM_TEXT,
    ITEM_VECTORS,
    ITEMS,
    LINKS,
    MANIFEST,
    PACKED_ITEMS,
    TEXT_ENCODER,
    WHITENING,
    BundleError,
    Manifest,
    read_features,
    verify,
)
from models.contract.catalogue import Item
from models.contract.encoder_card import read_card
from models.contract.feature_spec import FeatureSpec
from models.contract.fusion import FusionMethod
from models.contract.item_links import FittedLinks
from models.contract.manifest_seal import BundleKey
from models.contract.predicate import Predicate
from models.contract.tasks import NEXT
from models.contract.user_vector import BIAS_COLUMNS, strip_bias
from models.heads.protocol import Subject
from models.heads.registry import HeadKindError, check_task, find_kind
from models.job.availability import parse_rule
from models.job.label_expression import ExpressionError
from models.language.endpoint import EndpointEncoder
from models.language.protocol import TextEncoder, TextEncoderUnavailableError
from models.language.registry import open_text_encoder
from models.language.whitening import from_array, whiten
from models.network.model import load_network
from models.ranking.intent import measure_shares


@dataclass(frozen=True, slots=True)
class _ItemFiles:
    """The item table of n items in the bundle's files."""

    items: Sequence[Item]
    vectors: Floats  # [n, D + 2]
    text: Floats  # [n, T]
    statistics: Floats  # [n, S]
    room: dict[str, Floats]  # mapped columns by name, with room for items put later


def load_bundle(
    folder: Path, candidates: int, key: BundleKey | None = None, *, retries: bool = False
) -> LoadedBundle:
    """Load a bundle; raises BundleError, which names the file, for missing, damaged or inconsistent files.

    `candidates`: items scored for one answer. With a key the bundle must be signed with it. `retries`: whether an
    embeddings endpoint is asked again after a failure, which takes longer than a request of the service may.
    """
    with paused_collections():
        return _load(folder, candidates, key, retries=retries)


def _load(folder: Path, candidates: int, key: BundleKey | None, *, retries: bool) -> LoadedBundle:
    manifest = _read_manifest(folder, key)
    check_heads(manifest)
    spec = read_features(folder, manifest)
    predictor = _read_network(folder, manifest, spec)
    files = _read_items(folder, manifest, spec, predictor.dim)
    mean = strip_bias(files.vectors).mean(axis=0, dtype=np.float64).astype(np.float32)
    unknown = encode_rows(
        predictor,
        spec,
        [Item("\0")],
        np.zeros((1, spec.text_size), dtype=np.float32),
        np.zeros((1, files.statistics.shape[1]), dtype=np.float32),
    )[0]
    columns = (files.vectors, files.text, files.statistics)
    catalogue = Catalogue.of(spec, manifest.heads, files.items, columns, read_rule(manifest, spec))
    catalogue.store.make_room(files.room)
    catalogue.store.text_index = open_text_index(folder, manifest, files.text.shape)
    index = open_index(folder / INDEX if INDEX in manifest.files else None, files.vectors)
    known_users = _read_known_users(folder, tuple(catalogue.ids))
    return LoadedBundle(
        folder=folder,
        manifest=manifest,
        spec=spec,
        predictor=predictor,
        catalogue=catalogue,
        index=index,
        candidates=candidates,
        known_users=known_users,
        text_encoder=_open_text_encoder(folder, manifest, spec, retries=retries),
        unknown_vector=strip_bias(unknown.vector),
        mean_vector=mean,
        links=read_fitted_links(folder, manifest, len(files.items)),
        label_shares=measure_shares(catalogue.labels),
        ages=measure_item_ages(known_users.histories, len(files.items), spec.timed),
    )


def check_heads(manifest: Manifest) -> None:
    """Raises BundleError for an unusable head, a head without calibration or utility, or unusable weights."""
    for head in manifest.heads:
        try:
            check_task(head.task)
        except HeadKindError as error:
            raise BundleError(f"expected heads that can be read, given {head.task.name}: {error}") from error
        if find_kind(head.task.kind).subject is not Subject.NOTHING and not head.classes:
            raise BundleError(f"expected classes of '{head.task.name}', given none")
    heads = {NEXT, *(head.task.name for head in manifest.heads)}
    fusion = manifest.fusion
    fitted: dict[str, Mapping[str, object]] = {"calibrations": manifest.calibrations}
    if fusion.method is not FusionMethod.VOTE:  # a vote is over ranks, which need no scale
        fitted["utilities"] = fusion.utilities
    for name, values in fitted.items():
        if missing := sorted(heads - values.keys()):
            raise BundleError(f"expected {name} of every head, given none of {', '.join(missing)}")
    for name, weights in {"the fusion": fusion.weights, **manifest.scenes}.items():
        total = sum(abs(weight) for weight in weights.values())
        if not 0 < total < math.inf:
            raise BundleError(f"expected finite weights, not all 0, in {name}, given a sum of {total:g}")


def read_rule(manifest: Manifest, spec: FeatureSpec) -> Predicate | None:
    """The bundle's rule of availability, None for none; raises BundleError for one that does not suit its fields."""
    if manifest.available is None:
        return None
    try:
        return parse_rule(manifest.available, {field.name: field.kind for field in spec.item_fields})
    except ExpressionError as error:
        raise BundleError(f"expected a rule of availability that can be read, given {error}") from error


def read_fitted_links(folder: Path, manifest: Manifest, items: int) -> FittedLinks | None:
    """The item links of a bundle of `items` items, None for one without; raises BundleError."""
    if manifest.links is None:
        return None
    content = read_content_links(folder / CONTENT_LINKS, items) if manifest.links.content else None
    return FittedLinks(read_item_links(folder / LINKS, items), manifest.links, content)


def _read_manifest(folder: Path, key: BundleKey | None) -> Manifest:
    try:
        return verify(folder, key)
    except OSError as error:
        raise BundleError(f"expected readable files in {folder}, given {error}") from error


def _read_network(folder: Path, manifest: Manifest, spec: FeatureSpec) -> TorchPredictor:
    try:
        return TorchPredictor(load_network(folder, manifest, spec), spec.timed)
    except ValidationError as error:
        raise BundleError(f"expected a valid network in {folder / MANIFEST}, given {error}") from error


def _read_items(folder: Path, manifest: Manifest, spec: FeatureSpec, dim: int) -> _ItemFiles:
    items: Sequence[Item]
    if PACKED_ITEMS in manifest.files:
        items = open_item_lines(folder / ITEMS, folder / PACKED_ITEMS, spec.item_ids)
    else:
        items = read_item_table(folder / ITEMS)
    count = len(items)
    if not count:
        raise BundleError(f"expected at least one item in {folder / ITEMS}, given none")
    vectors = read_column(folder / ITEM_VECTORS, (count, dim + BIAS_COLUMNS))
    text = read_column(folder / ITEM_TEXT, (count, spec.text_size))
    columns = {"vectors": vectors, "text": text}
    return _ItemFiles(
        items=items,
        vectors=vectors.values,
        text=text.values,
        room={name: column.room for name, column in columns.items() if column.room is not None},
        statistics=read_array(folder / ITEM_STATISTICS, (count, spec.statistics_width)),
    )


def _read_known_users(folder: Path, item_ids: tuple[str, ...]) -> KnownUsers:
    user_ids = read_user_ids(folder)
    return KnownUsers(
        rows={user_id: row for row, user_id in enumerate(user_ids)},
        histories=read_user_histories(folder / HISTORIES, len(user_ids), len(item_ids)),
        profiles=read_profiles(folder),
        item_ids=item_ids,
    )


def _open_text_encoder(
    folder: Path, manifest: Manifest, spec: FeatureSpec, *, retries: bool
) -> TextEncoder | None:
    if manifest.text_encoder is None:
        if spec.text_size:
            raise BundleError(
                f"expected a text encoder of {spec.text_size} numbers in the manifest, given none"
            )
        return None
    try:
        encoder = open_text_encoder(manifest.text_encoder, spec.text_size)
    except (ValueError, TextEncoderUnavailableError) as error:
        raise BundleError(f"expected a known text encoder in the manifest, given {error}") from error
    if encoder.size != spec.text_size:
        raise BundleError(
            f"expected a text encoder of {spec.text_size} numbers, given {encoder.size} of '{encoder.name}'"
        )
    whitening = None
    if WHITENING in manifest.files:
        whitening = from_array(read_array(folder / WHITENING, (spec.text_size + 1, spec.text_size)))
    if isinstance(encoder, EndpointEncoder):
        card = read_card(folder / TEXT_ENCODER) if TEXT_ENCODER in manifest.files else None
        asked = encoder if retries else encoder.without_retries()
        return RemoteTexts(whiten(asked, whitening), encoder.query_limit_s, card)
    return whiten(encoder, whitening)
