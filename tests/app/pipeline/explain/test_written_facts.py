"""What a written text of a reason is checked against."""

from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.word_index import WordIndex
from app.pipeline.explain.wording.facts import name_catalogue
from app.pipeline.query.understand import compile_query

WORDS = "romantische Filme"
"""Names the genre romance in German, which takes the text encoder."""


def test_a_check_before_the_first_query_leaves_its_understanding_as_it_is(learnt: LoadedBundle) -> None:
    deaf = replace(learnt, words=WordIndex(), text_encoder=None)
    bundle, checked = (replace(learnt, words=WordIndex()) for _ in range(2))
    names = name_catalogue(checked)
    assert names.labels.labels == name_catalogue(deaf).labels.labels != ()
    plan = compile_query(bundle, WORDS)
    assert plan != compile_query(deaf, WORDS), "these words tell nothing of the encoder"
    assert compile_query(checked, WORDS) == plan
