"""Two modalities beside texts: each has its own projection, and an item without one is placed by the others."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check
from app.pipeline.encoding import encode_user
from models.contract.catalogue import Item
from models.contract.user_vector import strip_bias

LOOKS = {0: (1.0, 0.2, -0.5), 1: (-0.8, 0.9, 0.1)}
SOUNDS = {0: (0.3, 1.0), 1: (1.0, -0.4)}
"""What the items of the shop's two clusters look and sound like: no id, label or text tells them apart."""


@pytest.fixture(scope="module")
def placed(make_shop, tmp_path_factory) -> LoadedBundle:
    """A shop whose items have a vector of their image, their sound, both or none."""
    folder: Path = tmp_path_factory.mktemp("modalities")
    items = {"path": "media.jsonl", "id": "id", "text": "title", "vectors": ["image", "sound"]}
    training = {"epochs": 6, "refresh_epochs": 1, "batch_size": 16, "learning_rate": 0.02}
    job = make_shop(
        folder, tasks=None, scenes=None, text_encoder="use-multilingual", items=items, training=training,
        evaluation={"max_lists": 50, "max_events": 50},
    )  # fmt: skip
    random = np.random.default_rng(5)
    rows = []
    for number in range(100):
        row: dict[str, object] = {"id": f"i{number}", "title": "a thing"}
        if number % 5 != 3:
            row["image"] = (np.array(LOOKS[number % 2]) + random.normal(0, 0.1, 3)).round(3).tolist()
        if number % 5 != 4 and number % 5 != 3:
            row["sound"] = (np.array(SOUNDS[number % 2]) + random.normal(0, 0.1, 2)).round(3).tolist()
        rows.append(json.dumps(row))
    (folder / "media.jsonl").write_text("\n".join(rows) + "\n")
    assert main(["train", str(job), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 100)


def vector(bundle: LoadedBundle, **vectors: tuple[float, ...]) -> np.ndarray:
    """The vector of a new item with these modalities, without its bias."""
    return strip_bias(bundle.item_row(Item("new", {}, vectors)).vector[None])[0]


def test_each_modality_has_a_projection_of_its_own(placed: LoadedBundle) -> None:
    """A modality moves an item by the same amount, whatever else the item has, and a missing one not at all."""
    nothing, image, sound = vector(placed), LOOKS[0], SOUNDS[1]
    by_image, by_sound = vector(placed, image=image) - nothing, vector(placed, sound=sound) - nothing
    both = vector(placed, image=image, sound=sound) - nothing
    assert np.linalg.norm(by_image) > 0.01 and np.linalg.norm(by_sound) > 0.01
    np.testing.assert_allclose(both, by_image + by_sound, atol=1e-5)


def test_a_missing_modality_is_not_a_vector_of_zeros_that_is_near_others(placed: LoadedBundle) -> None:
    """Only lengths of 1 reach the projection: a long vector of one item counts no more than another's."""
    short, long = tuple(0.01 * number for number in LOOKS[0]), tuple(100 * number for number in LOOKS[0])
    np.testing.assert_allclose(vector(placed, image=short), vector(placed, image=long), atol=1e-5)
    zeros = vector(placed, image=(0.0, 0.0, 0.0))
    np.testing.assert_array_equal(zeros, vector(placed))


@pytest.mark.parametrize(("modality", "of"), [("image", LOOKS), ("sound", SOUNDS)])
def test_a_new_item_is_placed_by_the_one_modality_that_it_has(
    placed: LoadedBundle, modality: str, of: dict[int, tuple[float, ...]]
) -> None:
    items = np.stack([vector(placed, **{modality: of[cluster]}) for cluster in (0, 1)])
    right = 0
    for user in range(60):
        state = placed.known_users.state(f"u{user}")
        scores = items @ strip_bias(encode_user(placed, state).vector[None])[0]
        right += int(scores[user % 2] > scores[1 - user % 2])
    assert right >= 50
