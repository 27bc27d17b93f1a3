"""What README.md says of settings, job keys and requests is what the code takes."""

import json
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from app.api.schemas.batch import BatchRequest
from app.api.schemas.events import EventsRequest
from app.api.schemas.items import ItemRequest
from app.api.schemas.model import ReloadRequest
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.api.schemas.users import UserRequest
from app.config import PREFIX, Settings
from models.job.spec import JobSpec

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
BODIES: dict[str, type[BaseModel]] = {
    "/v1/recommend": RecommendRequest,
    "/v1/rank": RankRequest,
    "/v1/batch-score": BatchRequest,
    "/v1/events": EventsRequest,
    "/v1/items/": ItemRequest,
    "/v1/users/": UserRequest,
    "/v1/model/reload": ReloadRequest,
}


def section(title: str) -> str:
    """The text from a heading to the next one of its depth."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, flags=re.DOTALL | re.MULTILINE)
    assert found is not None, f"expected a section '{title}' in README.md"
    return found.group(1)


def table(title: str) -> dict[str, str]:
    """First column -> second, of a section's table; code marks are left out."""
    rows = re.findall(r"^\| `([^`]+)` \| ?(.*?) ?(?<!\\)\| ", section(title), flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)), "expected every key once"
    return {key: default.strip("`").replace("\\|", "|") for key, default in rows}


def shown(field: FieldInfo) -> str:
    """A default as the tables write it; empty where there is none."""
    if field.is_required():
        return ""
    value = field.default.value if isinstance(field.default, Enum) else field.default
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return {"()": "[]"}.get(str(value), str(value))


def nested(annotation: Any) -> type[BaseModel] | None:
    """The model within a type, if it is one: itself, in a union or in a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple):
        return next((found for part in get_args(annotation) if (found := nested(part))), None)
    return None


def keys_of(model: type[BaseModel], stem: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a job in dotted form, with its default."""
    for name, field in model.model_fields.items():
        inner = nested(field.annotation)
        many = "[]" if get_origin(field.annotation) is tuple else ""
        if inner is None:
            yield stem + name, shown(field)
        else:
            yield from keys_of(inner, f"{stem}{name}{many}.")


def requests() -> list[tuple[str, str]]:
    """Path and body of every curl line of the API section that has a body."""
    api = section("The API").replace("\\\n", " ")
    return re.findall(r"curl -s (?:-X PUT )?localhost:8000(\S+) [^']*'content-type[^']*' +-d '([^']*)'", api)


def test_the_configuration_table_has_every_setting() -> None:
    expected = {f"{PREFIX}{name.upper()}": shown(field) for name, field in Settings.model_fields.items()}
    assert Settings.model_fields["api_key"].annotation == SecretStr | None
    assert table("Configuration") == expected


def test_the_job_table_has_every_key() -> None:
    assert table("The offline job") == dict(keys_of(JobSpec))


def test_the_example_job_is_one() -> None:
    block = re.search(r"```yaml\n(.*?)```", section("Bring your own data"), flags=re.DOTALL)
    assert block is not None
    job = JobSpec.model_validate(yaml.safe_load(block.group(1)))
    assert [task.name for task in job.tasks] == ["like", "rating"]


def test_every_endpoint_with_a_body_has_an_example() -> None:
    found = {path if path in BODIES else path.rpartition("/")[0] + "/" for path, _body in requests()}
    assert found == set(BODIES)


@pytest.mark.parametrize(("path", "body"), requests())
def test_the_example_requests_are_valid(path: str, body: str) -> None:
    model = BODIES.get(path) or BODIES[path.rpartition("/")[0] + "/"]
    assert model.model_validate_json(body).model_fields_set == set(json.loads(body))
