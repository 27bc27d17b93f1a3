"""The catalogue as a language model is told about it."""

import json
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.item_columns import ItemRow
from app.pipeline.query.understand import describe_catalogue
from models.contract.catalogue import Item


def test_the_description_is_made_once_and_follows_a_put_item(learnt: LoadedBundle) -> None:
    bundle = learnt.fork()
    before = describe_catalogue(bundle)
    assert describe_catalogue(bundle) is before
    row = ItemRow(bundle.catalogue.vectors[0].copy(), bundle.catalogue.text[0].copy())
    put = bundle.catalogue.with_items([Item("new", {"genres": ("western",)})], [row])
    after = json.loads(describe_catalogue(replace(bundle, catalogue=put)))["labels"]["genres"]
    assert set(after) == {*json.loads(before)["labels"]["genres"], "western"}
    assert describe_catalogue(learnt) == before
