"""What the pages say of settings, job keys, errors, metrics, commands, files and links is true of the code."""

import json
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from app.access.roles import RULES, Role
from app.api.schemas.recommendation import RecommendRequest
from app.cli import main
from app.config import PREFIX, Settings
from app.errors import ChorusError
from app.pipeline.why_not.verdict import Rule, Stage
from app.state.protocol import StoreFault
from app.store_errors import ErasureNotNotedError
from app.telemetry import Metrics
from models.job.spec import JobSpec
from tests.examples import ROOT

README_LINES = 200
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md")])
COMING = frozenset(
    {
        "app/bundle/loading.py",
        "app/bundle/predictor.py",
        "app/pipeline/explain/reasons.py",
        "models/evaluation/baselines/registry.py",
    }
)
"""What docs/architecture.md names and is still being built. Remove each when it is there."""


def read(name: str) -> str:
    """A page's text."""
    return (ROOT / name).read_text("utf-8")


def section(page: str, title: str) -> str:
    """The text from a heading to the next one of its depth or above."""
    text = read(page)
    start = re.search(rf"^(#+) {re.escape(title)}\n", text, flags=re.MULTILINE)
    assert start is not None, f"expected a section '{title}' in {page}"
    rest = text[start.end() :]
    end = re.search(rf"^#{{1,{len(start[1])}}} ", rest, flags=re.MULTILINE)
    return rest if end is None else rest[: end.start()]


def table(text: str) -> dict[str, str]:
    """First column -> second, of the rows whose first column is code; code marks are left out."""
    rows = re.findall(r"^\| `([^`]+)` \| ?(.*?) ?(?<!\\)\|", text, flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)), "expected every key once"
    return {key: default.strip("`").replace("\\|", "|") for key, default in rows}


def default_text(field: FieldInfo) -> str:
    """A default as the tables write it; empty where there is none."""
    if field.is_required():
        return ""
    default = field.get_default(call_default_factory=True)
    value = default.value if isinstance(default, Enum) else default
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value) if isinstance(value, tuple | dict) else str(value)


def nested_model(annotation: Any) -> type[BaseModel] | None:
    """The model within a type, if it is one: itself, in a union or in a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple):
        return next((model for part in get_args(annotation) if (model := nested_model(part))), None)
    return None


def keys_of(model: type[BaseModel], stem: str = "") -> Iterator[tuple[str, str]]:
    """Every key of a job in dotted form, with its default."""
    for name, field in model.model_fields.items():
        inner = nested_model(field.annotation)
        many = "[]" if get_origin(field.annotation) is tuple else ""
        if inner is None:
            yield stem + name, default_text(field)
        else:
            yield from keys_of(inner, f"{stem}{name}{many}.")


def subclasses(kind: type[ChorusError]) -> Iterator[type[ChorusError]]:
    """A kind of error and all below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from subclasses(child)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= README_LINES


def test_the_configuration_table_has_every_setting() -> None:
    expected = {
        f"{PREFIX}{name.upper()}": (
            ",".join(map(str, field.default)) or "none"
            if isinstance(field.default, tuple)
            else default_text(field)
        )
        for name, field in Settings.model_fields.items()
    }
    assert Settings.model_fields["api_key"].annotation == SecretStr | None
    assert table(read("docs/configuration.md")) == expected


def test_the_job_table_has_every_key() -> None:
    assert table(section("docs/job.md", "All keys")) == dict(keys_of(JobSpec))


def test_the_example_job_is_one() -> None:
    block = re.search(r"```yaml\n(.*?)```", section("README.md", "Your own data"), flags=re.DOTALL)
    assert block is not None
    job = JobSpec.model_validate(yaml.safe_load(block.group(1)))
    assert [task.name for task in job.tasks] == ["like", "rating"]


def test_the_example_label_is_one() -> None:
    block = re.search(r"```yaml\n(.*?)```", section("docs/job.md", "Labels"), flags=re.DOTALL)
    assert block is not None
    task = {"name": "t", "kind": "binary", **yaml.safe_load(block.group(1))}
    columns = {"user": "u", "item": "i", "time": "t", "value": "v", "action": "a"}
    job = {
        "name": "j",
        "interactions": {"path": "a.csv", **columns},
        "items": {"path": "b.csv", "id": "i", "categories": ["genres"]},
        "users": {"path": "c.csv", "id": "u", "categorical": ["country"]},
        "tasks": [task],
    }
    assert JobSpec.model_validate(job).tasks[0].label == task["label"]


def test_the_error_table_has_every_code() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", section("docs/api.md", "Errors"), flags=re.MULTILINE)
    kinds = set(subclasses(ChorusError))
    assert ErasureNotNotedError in kinds, "of another file"
    assert {(int(status), code) for status, code in rows} == {(kind.status, kind.code) for kind in kinds}


def test_the_table_of_explain_has_every_rule_at_its_stages() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (`.+?`) \|", section("docs/api.md", "Why and why not"), flags=re.MULTILINE
    )
    named = {(stage, rule) for stage, rules in rows for rule in re.findall(r"`(\w+)`", rules)}
    assert {rule for _, rule in named} == {rule.value for rule in Rule}
    assert {stage for stage, _ in named} == {stage.value for stage in Stage}
    assert {stage for stage, rule in named if rule == Rule.PLAN} == {Stage.FILTER, Stage.RERANK}


def test_the_table_of_roles_has_every_route() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section("docs/operations.md", "Roles"), flags=re.MULTILINE)
    named = {
        role: {(method, path) for method, path in re.findall(r"`([A-Z]+) (/\S+)`", routes)}
        for role, routes in rows
    }
    assert named.pop("admin") == {pair for pair, rule in RULES.items() if rule.roles == {Role.ADMIN}}
    expected = {role: {pair for pair, rule in RULES.items() if role in rule.roles} for role in Role}
    assert named == {role.value: pairs for role, pairs in expected.items() if role is not Role.ADMIN}


def test_the_table_of_endpoints_has_every_path() -> None:
    """Those of the API, and the pages that need no role are in its last row."""
    rows = re.findall(r"^\| \[(`.+?)\]\(#[^)]+\)[^|]* \|", read("docs/api.md"), flags=re.MULTILINE)
    named = set(re.findall(r"/v1/[^`\s]+", " ".join(rows)))
    assert named == {path for _, path in RULES if path.startswith("/v1/")}


def test_the_table_of_a_request_has_every_field() -> None:
    fields = section("docs/api.md", "Recommend").partition("\n### ")[0]
    assert set(table(fields)) == set(RecommendRequest.model_fields)


def test_the_metrics_table_has_every_metric() -> None:
    page = Metrics().render().decode()
    names = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(page)
        if not family.name.endswith("_created")  # the moment from which a counter without labels counts
    }
    assert set(table(section("docs/operations.md", "Metrics"))) == names


def test_every_metric_that_is_named_exists() -> None:
    page = Metrics().render().decode()
    for path in DOCS:
        for name in re.findall(r"\bchorus_[a-z_]+", path.read_text("utf-8")):
            assert f"# TYPE {name} " in page, f"{path.name} names {name}"


def test_the_degraded_table_has_every_fallback() -> None:
    sources = [path.read_text("utf-8") for room in ("app", "models") for path in (ROOT / room).rglob("*.py")]
    named = {
        name
        for text in sources
        for name in re.findall(
            r'"((?:state|plan|encode|retrieve|score|rerank|reasons|experiment):\w+)"', text
        )
    }
    faults = {fault.value for fault in StoreFault}
    named |= {f"state:{fault}" for fault in faults}
    assert set(table(section("docs/operations.md", "Degraded answers"))) == named
    assert set(table(section("docs/operations.md", "Redis refuses"))) == faults


@pytest.mark.parametrize(
    ("title", "folders"),
    [
        ("Reasons", ("app/pipeline/explain",)),
        ("Sources", ("app/pipeline/sources", "models/ranking/sources")),
    ],
)
def test_reasons_and_sources_are_those_of_the_code(title: str, folders: tuple[str, ...]) -> None:
    names = list(table(section("docs/api.md", title)))
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    code = "\n".join(path.read_text("utf-8") for path in files)
    assert names
    assert [name for name in names if f'"{name}"' not in code] == []


def test_every_command_that_is_named_exists(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.search(r"\{([\w,-]+)\}", capsys.readouterr().out)
    assert commands is not None
    lines = "\n".join(path.read_text("utf-8") for path in DOCS)
    named = set(re.findall(r"(?:bin/|`| {6})chorus ([a-z][\w-]*)", lines))
    assert named == set(commands.group(1).split(",")) - {"fetch"}


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", read("Makefile"), flags=re.MULTILINE))
    for path in DOCS:
        named = set(re.findall(r"(?:`|^ {4})make ([a-z][\w-]*)", path.read_text("utf-8"), flags=re.MULTILINE))
        assert named <= targets, path.name


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_resolves(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if link.startswith("https://"):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), f"{path.name} links to {link}"
        assert not anchor or anchor in anchors(target.read_text("utf-8")), f"{path.name} links to {link}"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_file_that_is_named_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    named = re.findall(r"\b(?:app|models|tests|benchmarks|jobs|docs)(?:/[\w<>.-]+)+\.\w+", text)
    modules = re.findall(r"-m ((?:app|benchmarks|tests)\.\w+)", text)
    parents = {name.rpartition("/")[0] if "<" in name else name for name in named}
    paths = {name.replace(".", "/") for name in modules}
    files = parents | {f"{path}/__main__.py" if (ROOT / path).is_dir() else f"{path}.py" for path in paths}
    folders = set(re.findall(r"`((?:app|models)/[\w/]+)`", text))
    missing = {name for name in files | folders if not (ROOT / name).exists()}
    assert missing <= COMING


def test_every_package_has_a_row_in_the_rooms() -> None:
    rooms = set(table(section("docs/architecture.md", "Rooms")))
    packages = {
        path.parent.relative_to(ROOT).as_posix()
        for package in ("app", "models")
        for path in ROOT.glob(f"{package}/*/__init__.py")
    }
    assert packages <= rooms <= packages | COMING
