"""A bundle in memory: the same vectors as offline, users known, and every broken file refused."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from app.bundle import bundle as bundle_module
from app.bundle.bundle import LoadedBundle, load_bundle
from app.bundle.vector_index import ExactSearch
from app.golden import open_and_check
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from models.contract.bundle import BundleError
from models.contract.catalogue import Item, User, UserState
from models.ranking.rerank import Diversity


def test_the_online_network_gives_the_items_their_offline_vectors(learnt: LoadedBundle) -> None:
    for row in (0, 17, 79):
        found = learnt.item_row(learnt.catalogue.item(row))
        np.testing.assert_allclose(found.vector, learnt.catalogue.vectors[row], atol=1e-4)
        np.testing.assert_allclose(found.text, learnt.catalogue.text[row], atol=1e-4)


def test_items_come_in_batches_as_they_come_alone(
    learnt: LoadedBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [learnt.catalogue.item(row) for row in range(7)]
    items = [*known, Item("cold", known[0].attributes), Item("bare")]
    monkeypatch.setattr(bundle_module, "ITEM_BATCH", 4)
    found = learnt.item_rows(items)
    assert len(found) == len(items) and learnt.item_rows([]) == []
    for item, row in zip(items, found, strict=True):
        alone = learnt.item_row(item)
        np.testing.assert_allclose(row.vector, alone.vector, atol=1e-3)
        np.testing.assert_allclose(row.text, alone.text, atol=1e-3)
    assert not found[-1].text.any()


def test_an_item_without_history_has_no_popularity(learnt: LoadedBundle) -> None:
    """The same content under a new id: another bias, since nobody took it yet; near by content."""
    known = learnt.catalogue.item(0)
    cold = learnt.item_row(Item("cold", known.attributes))
    assert cold.vector[-1] != pytest.approx(learnt.catalogue.vectors[0, -1], abs=1e-3)
    np.testing.assert_allclose(cold.text, learnt.catalogue.text[0], atol=1e-4)
    centred = learnt.catalogue.vectors[:, :-1] - learnt.mean_vector
    probe = cold.vector[:-1] - learnt.mean_vector
    cosine = centred @ probe / np.linalg.norm(centred, axis=1) / np.linalg.norm(probe)
    same = np.arange(80) % 4 == 0
    assert cosine[same].mean() > cosine[~same].mean() + 0.2


def test_rows_of_unknown_items_give_the_unknown_vector(learnt: LoadedBundle) -> None:
    rows = learnt.rows(["i3", "never", "i0"])
    assert rows.tolist() == [3, -1, 0]
    vectors = learnt.item_vectors(rows)
    assert (vectors[1] == learnt.unknown_vector).all()
    assert (vectors[0] == learnt.catalogue.vectors[3, :-1]).all()
    np.testing.assert_allclose(np.linalg.norm(learnt.unit_vectors(rows[[0, 2]]), axis=1), 1, atol=1e-5)


def test_users_are_known_by_their_training_events(learnt: LoadedBundle) -> None:
    known = learnt.known_users.state("u5")
    assert known.profile is not None and known.profile.attributes == {"job": "artist"}
    times = [event.timestamp for event in known.events]
    assert len(known.events) == 24 and times == sorted(times)
    assert all(event.value in (1, 2, 4, 5) for event in known.events)
    stranger = learnt.known_users.state("stranger")
    assert stranger.profile is None and stranger.events == ()


def test_text_is_encoded_to_unit_length_and_blank_text_to_nothing(learnt: LoadedBundle) -> None:
    assert learnt.encode_text(" \n") is None
    vector = learnt.encode_text("robots")
    assert vector is not None and np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("query", "interests", "degraded"),
    [
        ("robots", "", ("encode:no_text_encoder",)),
        ("", "robots", ("encode:no_text_encoder",)),
        ("", " \n", ()),
        ("", "", ()),
    ],
)
def test_a_text_that_no_language_model_can_read_is_said_to_be_unread(
    learnt: LoadedBundle, query: str, interests: str, degraded: tuple[str, ...]
) -> None:
    plain = Query(
        state=UserState("u"),
        now=1.7e9,
        limit=10,
        context={},
        weights={"next": 1.0},
        diversity=Diversity("none"),
    )
    asked = replace(plain, text=query, state=UserState("u", profile=User("u", interests=interests)))
    deaf = replace(learnt, text_encoder=None)
    slate, stranger = recommend(deaf, asked), recommend(deaf, plain)
    assert deaf.encode_text("robots") is None
    assert slate.degraded == degraded and stranger.degraded == ()
    assert slate.order.tolist() == stranger.order.tolist()
    assert recommend(learnt, asked).degraded == ()


def test_the_class_of_the_moment(learnt: LoadedBundle) -> None:
    (daypart,) = [head for head in learnt.manifest.heads if head.task.name == "daypart"]
    assert learnt.context_label(daypart, {}, 7 * 3600.0) == "morning"
    assert learnt.context_label(daypart, {}, 23 * 3600.0) == "evening"


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
    (folder / "manifest.json").write_text(json.dumps(manifest))
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
    (folder / "manifest.json").write_text(json.dumps(manifest))
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
        ({"text_encoder": "sentence-transformers:no-such-model"}, "no-such-model|sentence"),
        ({"network": {"dim": "wide"}}, "expected a bundle that can be opened"),
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


def test_a_bundle_whose_first_answer_cannot_be_given_is_refused(trained: Path, tmp_path: Path) -> None:
    """Whole and with its golden answers right, as their users are others: the first user's history is torn."""
    folder = shutil.copytree(trained, tmp_path / "bundle")
    histories = dict(np.load(folder / "histories.npz"))
    histories["items"] = np.full_like(histories["items"], 10_000)
    np.savez(tmp_path / "histories.npz", **histories)
    _written(folder, "histories.npz", (tmp_path / "histories.npz").read_bytes())
    load_bundle(folder, candidates=100)
    with pytest.raises(BundleError, match=r"expected a bundle that can answer at .*IndexError"):
        open_and_check(folder, candidates=100)


def test_an_index_over_other_vectors_is_refused(trained: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(trained, tmp_path / "bundle")
    lines = (folder / "items.jsonl").read_bytes().splitlines(keepends=True)
    for name in ("item_vectors.npy", "item_text.npy", "item_statistics.npy"):
        np.save(tmp_path / name, np.load(folder / name)[:-1])
        _written(folder, name, (tmp_path / name).read_bytes())
    _written(folder, "items.jsonl", b"".join(lines[:-1]))
    with pytest.raises(BundleError, match=r"expected an index over \(79, 17\), given \(80, 17\)"):
        load_bundle(folder, candidates=100)


def test_without_an_index_every_item_is_looked_at(trained: Path, tmp_path: Path) -> None:
    folder = _written(shutil.copytree(trained, tmp_path / "bundle"), "index.faiss", None)
    bundle = load_bundle(folder, candidates=100)
    assert isinstance(bundle.index, ExactSearch)
