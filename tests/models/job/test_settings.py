"""All settings of a job in dotted form, without the folders of its files."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.job.evaluation_config import EvaluationConfig
from models.job.settings import list_settings
from models.job.spec import JobSpec


def job(**changes: object) -> JobSpec:
    fields = {
        "name": "j",
        "interactions": {
            "path": Path("/secret/folder/a.csv"),
            "user": "u",
            "item": "i",
            "time": "t",
            "action": "a",
        },
        "tasks": [{"name": "like", "kind": "binary", "label": "action == 'like'"}],
        "scenes": {"home": {"next": 1.0}},
    }
    return JobSpec.model_validate(fields | changes)


def test_every_key_is_there_with_its_default() -> None:
    settings = list_settings(job())
    assert settings["interactions.user"] == "u"
    assert settings["interactions.context"] == []
    assert settings["tasks.0.label"] == "action == 'like'"
    assert settings["scenes.home.next"] == 1.0
    assert settings["fusion"] == "weighted_mean"
    assert settings["training.max_minutes"] == 45.0
    assert settings["evaluation.max_lists"] is None
    assert settings["items"] is None
    sections = {key.partition(".")[0] for key in settings}
    assert sections == set(JobSpec.model_fields) - {"tune"}, "training does not read it"


def test_a_file_is_named_without_its_folder() -> None:
    settings = list_settings(job())
    assert settings["interactions.path"] == "a.csv"
    assert "secret" not in str(settings)


@pytest.mark.parametrize("key", ["max_lists", "max_events", "max_minutes"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_bound_of_the_evaluation_is_positive(key: str, value: int) -> None:
    with pytest.raises(ValidationError, match=key):
        EvaluationConfig.model_validate({key: value})
