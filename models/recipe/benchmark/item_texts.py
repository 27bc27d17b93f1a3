"""The text of each item, as the job's columns of texts and categories have it."""

from collections.abc import Sequence

from models.recipe.benchmark.data_sets import FoundDataSet
from models.recipe.benchmark.ordered_log import read_table, read_texts


def read_item_texts(found: FoundDataSet, item_ids: Sequence[str]) -> list[str]:
    """The columns joined by spaces, for each of the ids; empty for an item without a row."""
    table, section = read_table(found.path_of("items")), found.data_set.items
    columns = [
        read_texts(table, column) for column in (*section.get("text", ()), *section.get("categories", ()))
    ]
    texts = [" ".join(cells) for cells in zip(*columns, strict=True)]
    text_of = dict(zip(read_texts(table, section["id"]), texts, strict=True))
    return [text_of.get(item_id, "") for item_id in item_ids]
