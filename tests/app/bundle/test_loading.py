"""Loading a bundle: every broken file is refused with a BundleError that names it."""

import gc
import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from app import golden
from app.bundle import array_files
from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.bundle.vector_index import ExactSearch
from app.golden import open_and_check
from models.contract.bundle import BundleError
from tests.sealed_manifests import write_sealed


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("weights.safetensors", "expected the file weights.safetensors"),
        ("histories.npz", "expected the file histories.npz"),
        ("manifest.json", "expected a bundle with a readable manifest.json"),
    ],
)
def test_a_missing_file_is_refused_by_name(trained: Path, tmp_path: Path, name: str, message: str) -> None:
    folder = shutil.copytree(trained, tmp_path / "bundle")
    (folder / name).unlink()
    with pytest.raises(BundleError, match=message):
        load_bundle(folder, candidates=100)


def _written(folder: Path, name: str, content: bytes | None) -> Path:
    """A file of a bundle replaced, or left out, in its manifest too: whole, but not right."""
    manifest = json.loads((folder / "manifest.json").read_text())
    if content is None:
        (folder / name).unlink()
        del manifest["files"][name]
    else:
        (folder / name).write_bytes(content)
        manifest["files"][name] = sha256(content).hexdigest()
    write_sealed(folder, manifest)
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "weights.safetensors",
        "histories.npz",
        "items.jsonl",
        "item_vectors.npy",
        "item_text.npy",
        "user_ids.json",
        "index.faiss",
        "features.json",
    ],
)
@pytest.mark.parametrize("content", [b"", b"nonsense\n" * 20], ids=["empty", "nonsense"])
def test_a_file_that_is_not_what_it_should_be_is_refused(
    trained: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = _written(shutil.copytree(trained, tmp_path / "bundle"), name, content)
    with pytest.raises(BundleError):
        load_bundle(folder, candidates=100)


def _manifest(folder: Path, **changed: object) -> Path:
    manifest = json.loads((folder / "manifest.json").read_text())
    for path, value in changed.items():
        place = manifest
        *parents, last = path.split("__")
        for name in parents:
            place = place[name]
        if value is None:
            del place[last]
        else:
            place[last] = value
    write_sealed(folder, manifest)
    return folder


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"calibrations__next": None}, "expected calibrations of every head, given none of next"),
        ({"calibrations__like": None}, "expected calibrations of every head, given none of like"),
        ({"fusion__utilities__rating": None}, "expected utilities of every head, given none of rating"),
        ({"fusion__weights": {"colour": 1}}, "known heads in the fusion, given colour"),
        ({"fusion__weights": {}}, "not all 0, in the fusion, given a sum of 0"),
        ({"scenes__home": {"next": 1, "taste": 1}}, "known heads in home, given taste"),
        ({"scenes__home": {"next": 0, "like": 0}}, "not all 0, in home"),
        ({"text_encoder": None}, "expected a text encoder of 512 numbers in the manifest, given none"),
        ({"text_encoder": "sentence-transformers:no-such-model"}, "no-such-model|sentence"),
        (
            {"available": "stock > 0"},
            "rule of availability that can be read, given expected one of the fields",
        ),
        ({"available": "year >"}, "rule of availability that can be read, given expected a number"),
        ({"network": {"dim": "wide"}}, "expected a valid network in .*manifest.json"),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_refused(
    trained: Path, tmp_path: Path, changed: dict[str, object], message: str
) -> None:
    folder = _manifest(shutil.copytree(trained, tmp_path / "bundle"), **changed)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder, candidates=100)


def test_a_vote_needs_no_utilities(trained: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained, tmp_path / "bundle")
    _manifest(folder, fusion__method="vote", fusion__utilities={})
    assert open_and_check(folder, candidates=100).manifest.fusion.utilities == {}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("items", lambda items: np.full_like(items, 10_000), r"expected items in 0..79 in .*histories.npz"),
        ("actions", lambda actions: actions - 1, "expected actions in 0..0 in"),
        ("offsets", lambda offsets: np.append(offsets, offsets[-1]), "expected offsets of 40 users in"),
        ("offsets", lambda offsets: offsets[:-1], r"expected histories in .*items \[936\], given \(960,\)"),
        ("offsets", lambda offsets: offsets[:0], r"expected histories in .*offsets \[U \+ 1\], given \(0,\)"),
        ("offsets", lambda offsets: offsets + (offsets == 24) * 99, "expected ascending offsets over all"),
        ("times", lambda times: times * np.nan, "expected finite times in"),
        ("times", lambda times: times.astype("V8"), "expected histories in .*TypeError|ValueError"),
        ("values", lambda values: values[:-1], r"expected histories in .*values \[960\], given \(959,\)"),
    ],
)
def test_a_torn_history_is_refused(
    trained: Path, tmp_path: Path, name: str, change: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    """Whole and with its golden answers right, since their users are others."""
    folder = shutil.copytree(trained, tmp_path / "bundle")
    histories = dict(np.load(folder / "histories.npz"))
    histories[name] = change(histories[name])
    np.savez(tmp_path / "histories.npz", **histories)
    _written(folder, "histories.npz", (tmp_path / "histories.npz").read_bytes())
    with pytest.raises(BundleError, match=message):
        load_bundle(folder, candidates=100)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("item_vectors.npy", np.zeros((80, 16), dtype=np.float32)),
        ("item_vectors.npy", np.zeros((80, 17), dtype=np.int64)),
        ("item_text.npy", np.zeros((80, 3), dtype=np.float32)),
        ("item_statistics.npy", np.zeros(80, dtype=np.float32)),
    ],
)
def test_an_array_of_another_shape_or_type_is_refused_by_name(
    trained: Path, tmp_path: Path, name: str, array: np.ndarray
) -> None:
    folder = shutil.copytree(trained, tmp_path / "bundle")
    np.save(tmp_path / name, array)
    _written(folder, name, (tmp_path / name).read_bytes())
    with pytest.raises(BundleError, match=rf"expected floats \(80, \d+\) in .*{name}"):
        load_bundle(folder, candidates=100)


def test_weights_that_are_not_finite_are_refused_at_the_first_answer(trained: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained, tmp_path / "bundle")
    weights = load_file(folder / "weights.safetensors")
    weights["scorer.query.weight"][:] = np.nan
    save_file(weights, tmp_path / "weights.safetensors")
    _written(folder, "weights.safetensors", (tmp_path / "weights.safetensors").read_bytes())
    load_bundle(folder, candidates=100)
    with pytest.raises(BundleError, match="expected finite logits"):
        open_and_check(folder, candidates=100)


@pytest.mark.parametrize("seed", range(3))
def test_damage_anywhere_is_a_bundle_error_or_harmless(trained: Path, tmp_path: Path, seed: int) -> None:
    """Bytes of one file changed, lost or repeated, its checksum right."""
    random = np.random.default_rng(seed)
    folder = shutil.copytree(trained, tmp_path / "bundle")
    names = sorted(set(json.loads((folder / "manifest.json").read_text())["files"]) - {"index.faiss"})
    for name in names:
        content = bytearray((trained / name).read_bytes())
        for _ in range(int(random.integers(1, 4))):
            at, length = int(random.integers(len(content) + 1)), int(random.integers(1, 40))
            content[at : at + length] = random.bytes(int(random.integers(40)))
        _written(folder, name, bytes(content))
        with suppress(BundleError):
            load_bundle(folder, candidates=100)
        _written(folder, name, (trained / name).read_bytes())


def test_an_index_over_other_vectors_is_refused(trained: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained, tmp_path / "bundle")
    lines = (folder / "items.jsonl").read_bytes().splitlines(keepends=True)
    for name in ("item_vectors.npy", "item_text.npy", "item_statistics.npy"):
        np.save(tmp_path / name, np.load(folder / name)[:-1])
        _written(folder, name, (tmp_path / name).read_bytes())
    _written(folder, "items.jsonl", b"".join(lines[:-1]))
    with pytest.raises(BundleError, match=r"expected an index over \(79, 18\), given \(80, 18\)"):
        load_bundle(folder, candidates=100)


def test_without_an_index_every_item_is_looked_at(trained: Path, tmp_path: Path) -> None:
    folder = _written(shutil.copytree(trained, tmp_path / "bundle"), "index.faiss", None)
    bundle = load_bundle(folder, candidates=100)
    assert isinstance(bundle.index, ExactSearch)


def test_an_index_that_the_manifest_does_not_name_is_never_read(trained: Path, tmp_path: Path) -> None:
    folder = _written(shutil.copytree(trained, tmp_path / "bundle"), "index.faiss", None)
    (folder / "index.faiss").write_bytes(b"anything")
    assert isinstance(load_bundle(folder, candidates=100).index, ExactSearch)


def test_a_bundle_that_is_replaced_while_it_is_loaded_is_refused(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files could be those of two bundles."""
    folder = shutil.copytree(trained, tmp_path / "bundle")

    def publish_meanwhile(_bundle: LoadedBundle) -> None:
        folder.rename(tmp_path / "bundle.previous")
        shutil.copytree(trained, folder)

    with monkeypatch.context() as patch:
        patch.setattr(golden, "warm_up", publish_meanwhile)
        with pytest.raises(BundleError, match="to stay while it is loaded, given a newer one: load it again"):
            open_and_check(folder, candidates=100)
    assert open_and_check(folder, candidates=100).manifest.job == "shop"


def test_collections_go_on_after_a_load_and_after_a_refusal(trained: Path, tmp_path: Path) -> None:
    load_bundle(trained, 10)
    assert gc.isenabled()
    with pytest.raises(BundleError):
        load_bundle(tmp_path, 10)
    assert gc.isenabled()


def test_a_number_that_is_not_finite_is_found_in_every_part(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(array_files, "CHECKED_ROWS", 4)
    for row in range(10):
        table = np.zeros((10, 2), dtype=np.float32)
        table[row, 1] = np.nan
        np.save(tmp_path / "table.npy", table)
        with pytest.raises(BundleError, match="finite"):
            array_files.read_array(tmp_path / "table.npy", (10, 2))
    np.save(tmp_path / "table.npy", np.zeros((10, 2), dtype=np.float32))
    assert array_files.read_array(tmp_path / "table.npy", (10, 2)).shape == (10, 2)
