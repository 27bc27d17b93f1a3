"""A bundle proves that it is whole: no edit, no flipped bit and no file from elsewhere is accepted."""

import os
import re

import numpy as np
import pytest

from models.contract.bundle import (
    FEATURES,
    MANIFEST,
    REQUIRED,
    BundleError,
    Manifest,
    checksum,
    read_features,
    read_manifest,
    verify,
    write_manifest,
)
from models.contract.calibration import Calibration
from models.contract.feature_spec import FeatureSpec
from models.contract.fusion import Fusion, Utility
from models.contract.manifest_seal import DIGEST, SIGNATURE, BundleKey
from models.contract.vocabulary import Vocabulary
from tests.sealed_manifests import read_raw, write_sealed

WEIGHTS = "weights.safetensors"
KEY = BundleKey(b"k" * 32)


@pytest.fixture
def folder(tmp_path):
    """The required files, of which two have a content, and a manifest."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name in REQUIRED:
        (folder / name).write_bytes(b"")
    spec = FeatureSpec(timed=True, history_length=3, item_ids=Vocabulary(tokens=("a",)), actions=Vocabulary())
    (folder / FEATURES).write_text(spec.model_dump_json())
    (folder / WEIGHTS).write_bytes(bytes(range(256)))
    manifest = Manifest(
        model_version="shop-1",
        created_at="2026-01-01",
        job="shop",
        network={"dim": 16},
        heads=(),
        calibrations={"next": Calibration(scale=1.25, shift=1e-05)},
        fusion=Fusion(utilities={"next": Utility(low=0, high=1)}),
        scenes={"home": {"next": 1.0}},
        features_digest=spec.digest(),
        statistics_at=0.0,
        files={name: checksum(folder / name) for name in sorted(REQUIRED)},
    )
    write_manifest(folder, manifest)
    return folder


def edit(folder, **changes):
    write_sealed(folder, read_raw(folder) | changes)


def test_checksum_is_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert checksum(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_whole(folder):
    assert verify(folder) == read_manifest(folder)
    assert read_features(folder, verify(folder)).item_ids.tokens == ("a",)


def test_a_bundle_is_reached_by_a_link(folder):
    link = folder.with_name("current")
    link.symlink_to(folder)
    assert verify(link) == verify(folder)


def test_a_missing_file(folder):
    (folder / WEIGHTS).unlink()
    with pytest.raises(BundleError, match=rf"expected the file {WEIGHTS} in .*, given none"):
        verify(folder)


def test_one_changed_byte(folder):
    (folder / WEIGHTS).write_bytes(bytes(range(255)) + b"\0")
    with pytest.raises(BundleError, match=rf"expected {WEIGHTS} with checksum \w{{12}}, given \w{{12}}"):
        verify(folder)


def test_every_flipped_bit_of_a_manifest_and_of_its_seal_is_refused(folder):
    """400 bits by chance of the manifest, and every one of the seal."""
    write_manifest(folder, read_manifest(folder), KEY)
    bits = [
        *((MANIFEST, int(bit)) for bit in _draw_bits((folder / MANIFEST).stat().st_size * 8)),
        *((name, bit) for name in (DIGEST, SIGNATURE) for bit in range((folder / name).stat().st_size * 8)),
    ]
    passed = []
    for name, bit in bits:
        whole = (folder / name).read_bytes()
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        (folder / name).write_bytes(content)
        try:
            verify(folder, KEY)
        except BundleError:
            pass
        else:
            passed.append((name, bit))
        (folder / name).write_bytes(whole)
    assert len(bits) > 1000
    assert passed == []
    assert verify(folder, KEY).job == "shop"


def _draw_bits(count):
    return np.random.default_rng(7).choice(count, 400, replace=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"scale": 1.25', '"scale": 1.75'),
        ('"shift": 0.00001', '"shift": -0.00001'),
        ('"shift": 0.00001', '"shift": 0.000010'),  # the same number
        ('"low": 0.0', '"low": 0.5'),
        ('"high": 1.0', '"high": 9.0'),
        ('"log": false', '"log": true'),
        ('"method": "weighted_mean"', '"method": "vote"'),
        ('"home"', '"hole"'),
        ('"home": {\n   "next": 1.0\n  }', ""),
        ('"available": null', '"available": ""'),
        ('"text_encoder": null', '"text_encoder": "use-multilingual"'),
        ('"statistics_at": 0.0', '"statistics_at": 8.0'),
        ('"job": "shop"', '"job": "ship"'),
        ('"created_at": "2026-01-01"', '"created_at": "2036-01-01"'),
        ('"model_version": "shop-1"', '"model_version": "shop-2"'),
        ('"summary": {}', '"summary": {"auc": 1.0}'),
        ("}", "}\n"),  # nothing but a blank line
    ],
)
def test_a_manifest_edited_by_hand_is_refused(folder, old, new):
    text = (folder / MANIFEST).read_text()
    assert old in text
    (folder / MANIFEST).write_text(new.join(text.rsplit(old, 1)))
    with pytest.raises(BundleError) as refused:
        verify(folder)
    line = str(refused.value)
    assert "edited or damaged" in line or "readable manifest.json" in line  # the latter is no JSON at all
    assert len(line.splitlines()) == 1


def test_a_bundle_of_an_earlier_version_can_be_mended(folder):
    (folder / DIGEST).unlink()
    with pytest.raises(
        BundleError, match=rf"expected {DIGEST} beside .*, given none.* `chorus sign .*bundle`"
    ):
        verify(folder)


def test_a_digest_has_the_format_of_sha256sum(folder):
    assert (folder / DIGEST).read_text() == f"{checksum(folder / MANIFEST)}  {MANIFEST}\n"


def test_a_key_demands_its_signature(folder):
    with pytest.raises(BundleError, match=r"signed with CHORUS_BUNDLE_KEY in .*, given no manifest\.hmac"):
        verify(folder, KEY)
    write_manifest(folder, read_manifest(folder), KEY)
    assert verify(folder, KEY) == verify(folder)
    with pytest.raises(BundleError, match="given another signature"):
        verify(folder, BundleKey(b"l" * 32))
    edit(folder, job="ship")  # with a right digest, but without the key
    with pytest.raises(BundleError, match="given another signature"):
        verify(folder, KEY)


def test_a_signature_is_hmac_sha256():
    """RFC 4231, test case 2; and no text form of a key has its secret."""
    key = BundleKey(b"Jefe")
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert key.sign(b"what do ya want for nothing?") == expected
    assert "Jefe" not in repr(key)


@pytest.mark.parametrize("version", [0, 2, "1", None, True, 1.0])
def test_another_schema(folder, version):
    edit(folder, schema_version=version)
    with pytest.raises(BundleError, match=rf"expected schema_version 1 in .*, given {version!r}"):
        verify(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"schema_version": 1}', "\udcff", "[" * 100_000])
def test_no_manifest_at_all(folder, text):
    (folder / MANIFEST).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BundleError, match=r"^expected "):
        verify(folder)


def test_no_folder(tmp_path):
    with pytest.raises(BundleError, match="expected a bundle with a readable manifest"):
        verify(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="expected a bundle with a readable manifest"):
        verify(tmp_path / "file")


@pytest.mark.parametrize("missing", [None, *sorted(REQUIRED)])
def test_the_required_files_are_named(folder, missing):
    files = {} if missing is None else {k: v for k, v in read_raw(folder)["files"].items() if k != missing}
    edit(folder, files=files)
    named = "features.json, golden.json" if missing is None else missing
    with pytest.raises(BundleError, match=re.escape(f"expected every required file, given none of {named}")):
        verify(folder)


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "/etc/hostname",
        "a/b",
        "a\\b",
        "",
        ".",
        "..",
        ".hidden",
        "a\nb",
        "a\0b",
        "é",
        "x" * 81,
        MANIFEST,
    ],
)
def test_names_that_are_not_plain_are_refused_before_anything_is_read(folder, name):
    """The message has no digest of the file."""
    (folder.parent / "secret").write_text("secret")
    edit(folder, files=read_raw(folder)["files"] | {name: "0" * 64})
    with pytest.raises(
        BundleError, match="files: expected plain names of files in the folder, given '"
    ) as refused:
        verify(folder)
    assert checksum(folder.parent / "secret")[:12] not in str(refused.value)


@pytest.mark.parametrize("name", [WEIGHTS, MANIFEST, DIGEST])
def test_a_file_may_not_be_a_link(folder, name):
    (folder / name).rename(folder.parent / "elsewhere")
    (folder / name).symlink_to("../elsewhere")
    with pytest.raises(BundleError, match=r"given .*a symbolic link"):
        verify(folder)


@pytest.mark.parametrize("name", [WEIGHTS, MANIFEST])
def test_a_file_may_not_be_a_pipe(folder, name):
    """It is refused at once; to open it would wait for a writer."""
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(BundleError, match="something other than a file"):
        verify(folder)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"statistics_at": "0"}, "statistics_at: "),
        ({"statistics_at": True}, "statistics_at: "),
        ({"model_version": 1}, "model_version: "),
        ({"calibrations": {"next": {"scale": "1"}}}, "calibrations.next.scale: "),
        ({"calibrations": {"next": {"scale": float("nan")}}}, "calibrations.next.scale: "),
        ({"calibrations": {"next": {"shift": float("inf")}}}, "calibrations.next.shift: "),
        ({"calibrations": {"love": {}}}, "expected calibrations of known heads, given love"),
        (
            {"fusion": {"utilities": {"love": {"low": 0, "high": 1}}}},
            "expected utilities of known heads, given love",
        ),
        (
            {"fusion": {"utilities": {"next": {"low": 0, "high": float("inf")}}}},
            "fusion.utilities.next.high: ",
        ),
        ({"fusion": {"utilities": {}, "weights": {"love": 1}}}, "known heads in the fusion, given love"),
        ({"scenes": {"home": {"love": 1.0}}}, "expected weights of known heads in home, given love"),
        ({"scenes": {"home": {"next": float("nan")}}}, "scenes.home.next: "),
        ({"files": {WEIGHTS: "0"}}, f"files.{WEIGHTS}: "),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_values_that_cannot_be_meant(folder, changes, place):
    edit(folder, **changes)
    with pytest.raises(BundleError, match=re.escape(place)) as refused:
        verify(folder)
    assert len(str(refused.value).splitlines()) == 1


def test_heads_have_different_names(folder):
    head = {"task": {"name": "like", "kind": "binary", "label": "value"}}
    edit(folder, heads=[head, head])
    with pytest.raises(BundleError, match="expected heads of different names, given next, like, like"):
        verify(folder)


def test_features_of_another_bundle(folder):
    edit(folder, features_digest="0" * 64)
    with pytest.raises(BundleError, match="expected features 000000000000, given"):
        read_features(folder, read_manifest(folder))
    (folder / FEATURES).write_text("{}")
    with pytest.raises(BundleError, match="expected a valid features"):
        read_features(folder, read_manifest(folder))
