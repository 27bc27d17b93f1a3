"""Items like one item, over a trained bundle."""

from dataclasses import replace

import faiss
import numpy as np
import pytest

from app.bundle import vector_index
from app.bundle.bundle import LoadedBundle
from app.bundle.vector_index import FaissSearch
from app.pipeline.similar import UnknownItemError, find_similar_items
from models.contract.user_vector import strip_bias
from models.ranking.similarity import Similarity


def test_the_most_alike_by_vectors_and_labels_come_first(learnt: LoadedBundle) -> None:
    catalogue, row = learnt.catalogue, 3
    centred = strip_bias(catalogue.vectors) - learnt.mean_vector
    similarity = Similarity.of(centred, list(catalogue.labels[: len(catalogue)])).to(row)
    similarity[row] = -np.inf
    expected = [catalogue.ids[other] for other in np.argsort(-similarity, kind="stable")[:8]]
    answer = find_similar_items(learnt, "i3", 8)
    assert [item_id for item_id, _ in answer] == expected
    assert [value for _, value in answer] == pytest.approx(similarity[learnt.rows(expected)].tolist())


def test_an_unknown_item_is_not_found(learnt: LoadedBundle) -> None:
    with pytest.raises(UnknownItemError):
        find_similar_items(learnt, "never", 8)


def test_a_broken_index_changes_nothing(learnt: LoadedBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_index, "FEW_ROWS", 0)
    monkeypatch.setattr(vector_index, "FEW_SHARE", 0.0)
    broken = replace(learnt, index=FaissSearch(faiss.IndexFlatIP(1)))
    assert find_similar_items(broken, "i3", 8) == find_similar_items(learnt, "i3", 8)
