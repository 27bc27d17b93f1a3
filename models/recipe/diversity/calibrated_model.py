"""The model whose lists are measured: of a published bundle, or of a training without publication."""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from models.contract.bundle import CONTENT_LINKS, LINKS, BundleError, Manifest, read_features, verify
from models.contract.content_links import read_content
from models.contract.item_links import FittedLinks, read_links
from models.contract.manifest_seal import BundleKey
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.inference import CorpusPredictor
from models.network.model import load_network
from models.recipe import training
from models.recipe.ingestion import JobData
from models.training.corpus import PART_TEST
from models.training.loop import detect_device


@dataclass(frozen=True, slots=True)
class Measured:
    """The data of a job with the model of its lists at the beginning of the test part."""

    data: JobData
    model: CalibratedModel
    version: str | None  # of the bundle; None: trained for this measurement


def train_model(data: JobData, fingerprint: str, out: Path, console: Console) -> Measured:
    """Train as `chorus train` does up to its evaluation; the checkpoint beside `out` lasts until then."""
    data, run = training.train(data, fingerprint, out, console)
    run = training.refresh_for_test(data, run, console)
    training.checkpoint_path(out).unlink(missing_ok=True)
    fitted = run.fitted
    linked = replace(run.open_predictor(data), links=fitted.build_links(data.corpus, PART_TEST))
    return Measured(
        data, CalibratedModel(linked, fitted.calibrations, fitted.fusion, fitted.diversity.default), None
    )


def open_model(data: JobData, folder: Path, key: BundleKey | None) -> Measured:
    """Read the model of a bundle of this job and data that has not learned from the test part.

    Raises BundleError for any other.
    """
    manifest = verify(folder, key)
    data = _adopt_features(data, folder, manifest)
    predictor = CorpusPredictor.of(
        load_network(folder, manifest, data.corpus.spec), data.corpus, detect_device(), manifest.recency
    )
    linked = replace(predictor, links=_read_links(folder, manifest))
    model = CalibratedModel(linked, manifest.calibrations, manifest.fusion, manifest.diversity)
    return Measured(data, model, manifest.model_version)


def _adopt_features(data: JobData, folder: Path, manifest: Manifest) -> JobData:
    """The data with the bundle's feature specification, of which training fits the polarity of values alone."""
    corpus = data.corpus
    known = float(corpus.moments[corpus.part_snapshot[PART_TEST]])
    if manifest.statistics_at > known:
        raise BundleError(
            f"expected a bundle that has not learned from the test part (export: {{fit: train}} in its job), given "
            f"one in {folder} with events up to {manifest.statistics_at:.0f}, after {known:.0f}; without --bundle a "
            f"network is trained for the measurement"
        )
    spec = read_features(folder, manifest)
    expected = corpus.spec.model_copy(update={"polarity": spec.polarity})
    heads = {labels.head for labels in corpus.labels}
    if manifest.statistics_at != known or spec.digest() != expected.digest() or heads != {*manifest.heads}:
        raise BundleError(
            f"expected a bundle of this job and its data, given one of the job '{manifest.job}' with other features, "
            f"tasks or events in {folder}"
        )
    return replace(data, corpus=replace(corpus, spec=spec))


def _read_links(folder: Path, manifest: Manifest) -> FittedLinks | None:
    if manifest.links is None:
        return None
    try:
        content = read_content(folder / CONTENT_LINKS) if manifest.links.content else None
        return FittedLinks(read_links(folder / LINKS), manifest.links, content)
    except (OSError, KeyError, ValueError) as error:
        raise BundleError(f"expected item links in {folder / LINKS}, given {error}") from error
