"""Answers outlive the process that asked for them, and a line that was cut off harms no other."""

from pathlib import Path

import pytest

from models.recipe.descriptions.answer_file import AnswerFile, name_answer


def test_answers_are_kept_by_model_instructions_and_content(tmp_path: Path) -> None:
    keys = {
        name_answer(*parts) for parts in (("m", "i", "c"), ("n", "i", "c"), ("m", "j", "c"), ("m", "i", "d"))
    }
    assert len(keys) == 4
    path = tmp_path / "answers"
    AnswerFile(path).put("k", ["ein Text", "一"])
    assert AnswerFile(path).get("k") == ("ein Text", "一")
    assert AnswerFile(path).get("other") is None


def test_a_cut_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    AnswerFile(path).put("first", ["one"])
    path.write_bytes(path.read_bytes() + b'{"key": "second", "te')
    answers = AnswerFile(path)
    assert answers.get("second") is None
    answers.put("third", ["three"])
    again = AnswerFile(path)
    assert (again.get("first"), again.get("third")) == (("one",), ("three",))


def test_lines_of_another_shape_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    path.write_text('[]\n{"key": 1, "texts": []}\n{"key": "k", "texts": "t"}\n{"key": "k", "texts": ["t"]}\n')
    assert AnswerFile(path).get("k") == ("t",)


def test_what_cannot_be_written_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    answers = AnswerFile(path)
    with pytest.raises(UnicodeEncodeError):
        answers.put("k", ["\ud83d"])
    assert answers.get("k") is None
    path.write_text('{"key": "k", "texts": ["\\ud83d"]}\n')
    assert AnswerFile(path).get("k") is None
