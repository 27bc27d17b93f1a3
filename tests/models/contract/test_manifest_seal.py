"""A manifest is the published one, and signed by the key, or refused."""

import numpy as np
import pytest

from models.contract.bundle import MANIFEST, BundleError, checksum, read_manifest, verify, write_manifest
from models.contract.manifest_seal import DIGEST, SIGNATURE, BundleKey
from tests.sealed_manifests import read_raw, write_sealed

KEY = BundleKey(b"k" * 32)


def test_every_flipped_bit_of_a_manifest_and_of_its_seal_is_refused(bundle_folder):
    """400 bits by chance of the manifest, and every one of the seal."""
    write_manifest(bundle_folder, read_manifest(bundle_folder), KEY)
    bits = [
        *((MANIFEST, int(bit)) for bit in _draw_bits((bundle_folder / MANIFEST).stat().st_size * 8)),
        *(
            (name, bit)
            for name in (DIGEST, SIGNATURE)
            for bit in range((bundle_folder / name).stat().st_size * 8)
        ),
    ]
    passed = []
    for name, bit in bits:
        whole = (bundle_folder / name).read_bytes()
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        (bundle_folder / name).write_bytes(content)
        try:
            verify(bundle_folder, KEY)
        except BundleError:
            pass
        else:
            passed.append((name, bit))
        (bundle_folder / name).write_bytes(whole)
    assert len(bits) > 1000
    assert passed == []
    assert verify(bundle_folder, KEY).job == "shop"


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
def test_a_manifest_edited_by_hand_is_refused(bundle_folder, old, new):
    text = (bundle_folder / MANIFEST).read_text()
    assert old in text
    (bundle_folder / MANIFEST).write_text(new.join(text.rsplit(old, 1)))
    with pytest.raises(BundleError) as refused:
        verify(bundle_folder)
    line = str(refused.value)
    assert "edited or damaged" in line or "readable manifest.json" in line  # the latter is no JSON at all
    assert len(line.splitlines()) == 1


def test_a_bundle_of_an_earlier_version_can_be_mended(bundle_folder):
    (bundle_folder / DIGEST).unlink()
    with pytest.raises(
        BundleError, match=rf"expected {DIGEST} beside .*, given none.* `chorus sign .*bundle`"
    ):
        verify(bundle_folder)


def test_a_digest_has_the_format_of_sha256sum(bundle_folder):
    assert (bundle_folder / DIGEST).read_text() == f"{checksum(bundle_folder / MANIFEST)}  {MANIFEST}\n"


def test_a_key_demands_its_signature(bundle_folder):
    with pytest.raises(BundleError, match=r"signed with CHORUS_BUNDLE_KEY in .*, given no manifest\.hmac"):
        verify(bundle_folder, KEY)
    write_manifest(bundle_folder, read_manifest(bundle_folder), KEY)
    assert verify(bundle_folder, KEY) == verify(bundle_folder)
    with pytest.raises(BundleError, match="given another signature"):
        verify(bundle_folder, BundleKey(b"l" * 32))
    write_sealed(
        bundle_folder, read_raw(bundle_folder) | {"job": "ship"}
    )  # with a right digest, but without the key
    with pytest.raises(BundleError, match="given another signature"):
        verify(bundle_folder, KEY)


def test_a_signature_is_hmac_sha256():
    """RFC 4231, test case 2; and no text form of a key has its secret."""
    key = BundleKey(b"Jefe")
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert key.sign(b"what do ya want for nothing?") == expected
    assert "Jefe" not in repr(key)
