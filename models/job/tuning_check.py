"""Check that a job's `tune` names keys that a search may set, with values that suit the job."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from models.job.errors import JobError, describe, format_value
from models.job.training_config import TrainingConfig
from models.job.tuning_section import SearchRange, Value
from models.network.config import NetworkConfig

if TYPE_CHECKING:
    from models.job.spec import JobSpec

SECTIONS: dict[str, type[BaseModel]] = {"network": NetworkConfig, "training": TrainingConfig}
UNSUITED = {
    "training.seed": "the best of several seeds is a matter of luck",
    "training.max_minutes": "a time limit gives other networks on other machines",
    "training.refresh_epochs": "a trial has no refresh",
    "training.privacy": "every trial would spend the budget of its users anew",
}
"""Keys that no search may set, with the reason."""
SEARCHABLE = tuple(
    key
    for section, model in SECTIONS.items()
    for name in model.model_fields
    if (key := f"{section}.{name}") not in UNSUITED
)
NO_PRIVACY = f"expected no search with training.privacy, since {UNSUITED['training.privacy']}"


def is_whole(key: str) -> bool:
    """True if the values of a searchable key are whole numbers."""
    section, _, name = key.partition(".")
    return SECTIONS[section].model_fields[name].annotation is int


def check_tuning(job: "JobSpec") -> Iterator[str]:
    """Yield an error for each key of `tune` that a search cannot set, or that has a value that suits no trial."""
    if job.tune and job.training.privacy is not None:
        yield f"tune: {NO_PRIVACY}"
        return
    for key, choice in job.tune.items():
        if key in UNSUITED:
            yield f"tune.{key}: expected another key, since {UNSUITED[key]}"
        elif key not in SEARCHABLE:
            yield f"tune.{key}: expected one of the keys {', '.join(SEARCHABLE)}, given {format_value(key)}"
        elif (fault := _find_fault(job, key, choice)) is not None:
            yield f"tune.{key}: {fault}"


def check_searchable(job: "JobSpec") -> None:
    """Raise JobError for a job whose settings no search may choose."""
    if job.training.privacy is not None:
        raise JobError(f"chorus tune: {NO_PRIVACY}")


def set_values(section: BaseModel, values: Mapping[str, Value]) -> BaseModel:
    """The section with other values; raises ValidationError if they are none of its, or do not suit each other."""
    content = section.model_dump(mode="json") | dict(values)
    return type(section).model_validate_json(json.dumps(content), strict=True)


def _find_fault(job: "JobSpec", key: str, choice: SearchRange) -> str | None:
    """The fault of the first value that suits no trial; None if each suits one."""
    title, _, name = key.partition(".")
    section: BaseModel = getattr(job, title)
    others = {
        other.partition(".")[2]: values.list_values(whole=is_whole(other))
        for other, values in job.tune.items()
        if other in SEARCHABLE and other != key and other.startswith(f"{title}.")
    }
    for value in choice.list_values(whole=is_whole(key)):
        try:
            set_values(section, {name: value})
        except ValidationError as error:
            line = describe(error, type(section))[0]
            if error.errors()[0]["loc"]:
                return line.removeprefix(f"{name}: ")
            pairs = ((other, one) for other, values in others.items() for one in values)
            if not any(_suits(section, {name: value, other: one}) for other, one in pairs):
                return f"expected values that suit the job, given {format_value(value)} ({line})"
    return None


def _suits(section: BaseModel, values: Mapping[str, Value]) -> bool:
    try:
        set_values(section, values)
    except ValidationError:
        return False
    return True
