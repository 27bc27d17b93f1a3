"""The rules of the house, read from the syntax tree: imports, lengths, names, errors.

A rule is a function of a file's path and source that lists what breaks it, so that it can be shown to fail.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rooms import DOORS, ROOMS, THIRD_PARTY
from tests.structure import PACKAGES, PAGE, ROOT, render, summary

FILE_LINES = 300
FUNCTION_LINES = 50
FORBIDDEN = {"utils", "util", "helpers", "helper", "managers", "manager", "common", "base", "misc"}

Rule = Callable[[str, str], list[str]]


def module_of(path: str) -> str:
    """models/contract/events.py -> models.contract.events; a package's __init__.py is the package."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def within(module: str, room: str) -> bool:
    """Whether a dotted name is a room or lies in it."""
    return module == room or module.startswith(f"{room}.")


def imports(path: str, source: str) -> Iterator[str]:
    """Every imported dotted name, relative ones resolved; `from a import b` gives a.b."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def wrong_imports(path: str, source: str) -> list[str]:
    """What a file imports of this project and its room may not."""
    module = module_of(path)
    allowed = next(names for room, names in ROOMS if within(module, room))
    closed = [room for room, keys in DOORS if not any(within(module, key) for key in keys)]
    return [
        f"{path} imports {name}; its room may import {', '.join(allowed)}"
        for name in imports(path, source)
        if name.split(".")[0] in PACKAGES
        and (not any(within(name, room) for room in allowed) or any(within(name, room) for room in closed))
    ]


def wrong_third_parties(path: str, source: str) -> list[str]:
    """What a room with a short list of libraries imports beyond it."""
    permitted = next(
        (libraries for room, libraries in THIRD_PARTY.items() if within(module_of(path), room)), None
    )
    if permitted is None:
        return []
    tops = {name.split(".")[0] for name in imports(path, source)}
    strange = tops - permitted - sys.stdlib_module_names - set(PACKAGES)
    return [
        f"{path} imports {name}; its room may import {', '.join(sorted(permitted))}"
        for name in sorted(strange)
    ]


def too_long(path: str, source: str) -> list[str]:
    """A file or a function past its limit."""
    lines = len(source.splitlines())
    wrong = [f"{path} has {lines} lines of {FILE_LINES}"] if lines > FILE_LINES else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                wrong.append(f"{path}:{node.lineno} {node.name} has {length} lines of {FUNCTION_LINES}")
    return wrong


def forbidden_name(path: str, _source: str) -> list[str]:
    """A module or folder whose name says nothing."""
    words = re.split(r"[/._]", path.removesuffix(".py"))
    return [f"{path} is named '{word}'; name the noun" for word in words if word in FORBIDDEN]


def evaluated_code(path: str, source: str) -> list[str]:
    """A call of eval or exec."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    names = ((call.func.id, call.lineno) for call in calls if isinstance(call.func, ast.Name))
    return [f"{path}:{line} calls {name}" for name, line in names if name in {"eval", "exec"}]


def unnamed_errors(path: str, source: str) -> list[str]:
    """An except without an error, or with one that means any."""
    wrong = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            named = (
                {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
                if node.type
                else set()
            )
            if not node.type or named & {"Exception", "BaseException"}:
                wrong.append(f"{path}:{node.lineno} catches every error; name the one that is meant")
    return wrong


def head_kinds_by_name(path: str, source: str) -> list[str]:
    """A head kind's name outside models/heads: ask the kind instead (models.heads.registry.find_kind)."""
    if within(module_of(path), "models.heads"):
        return []
    constants = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return [
        f"{path}:{node.lineno} names the head kind {node.value!r}; ask its HeadKind"
        for node in constants
        if node.value in ("binary", "regression", "multilabel")  # "context" has other meanings too
    ]


def python_files(*folders: str) -> list[str]:
    """Paths from the root, '/'-separated, of all Python files under the folders."""
    return sorted(
        path.relative_to(ROOT).as_posix() for folder in folders for path in (ROOT / folder).rglob("*.py")
    )


RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {
    "imports": (wrong_imports, PACKAGES),
    "third parties": (wrong_third_parties, PACKAGES),
    "length": (too_long, (*PACKAGES, "tests")),
    "names": (forbidden_name, (*PACKAGES, "tests")),
    "evaluated code": (evaluated_code, (*PACKAGES, "tests")),
    "head kinds": (head_kinds_by_name, ("app", "models")),
    "named errors": (unnamed_errors, (*PACKAGES, "tests")),
}


@pytest.mark.parametrize("name", RULES)
def test_the_house_keeps_its_rules(name: str) -> None:
    rule, folders = RULES[name]
    wrong = [
        fault for path in python_files(*folders) for fault in rule(path, (ROOT / path).read_text("utf-8"))
    ]
    assert wrong == [], "\n" + "\n".join(wrong)


def test_the_tree_has_a_line_for_each_file_and_is_true() -> None:
    assert PAGE.read_text("utf-8") == render(ROOT), "run `make structure`"


def test_every_file_and_folder_says_what_it_is() -> None:
    assert [path for path in python_files(*PACKAGES) if not summary(ROOT / path)] == []


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (wrong_imports, "app/main.py", "from models.training import loop"),
        (wrong_imports, "app/main.py", "from models import *"),
        (wrong_imports, "app/api/routes/rank.py", "def f():\n    from models.evaluation.metrics import ndcg"),
        (wrong_imports, "app/main.py", "from app.cli import main"),
        (wrong_imports, "app/cli.py", "from models.export import write"),
        (wrong_imports, "app/bundle/bundle.py", "from app.pipeline.sources.retrieval import retrieve"),
        (wrong_imports, "app/bundle/bundle.py", "if TYPE_CHECKING:\n    from app.api.cursor import Page"),
        (wrong_imports, "app/pipeline/types.py", "from app.api.schemas.filters import Filter"),
        (wrong_imports, "app/pipeline/recommend.py", "from app.errors import ChorusError"),
        (wrong_imports, "app/batch/rows.py", "from app.api.schemas.scalars import Moment"),
        (wrong_imports, "app/state/protocol.py", "from app.bundle.catalogue import Catalogue"),
        (wrong_imports, "app/access/limits.py", "from app.api.peer import find_peer"),
        (wrong_imports, "app/api/dependencies.py", "from app.main import create_app"),
        (wrong_imports, "models/data/split.py", "from ..export import index"),
        (wrong_imports, "models/evaluation/metrics.py", "from models import export"),
        (wrong_imports, "models/network/towers.py", "from models.job.training_config import TrainingConfig"),
        (wrong_imports, "models/contract/events.py", "from models.network import config"),
        (wrong_imports, "models/language/encoder.py", "from models.contract.events import Event"),
        (wrong_imports, "models/export/bundle.py", "import models.cli"),
        (wrong_imports, "models/export/golden.py", "from models.recipe.training import TrainingRun"),
        (wrong_imports, "models/heads/count.py", "from models.data.labels import TaskLabels"),
        (wrong_imports, "models/ranking/mmr.py", "from models.network.config import NetworkConfig"),
        (wrong_imports, "models/recipe/training.py", "from models.cli import train"),
        (wrong_imports, "models/recipe/training.py", "from app.runtime import Runtime"),
        (wrong_imports, "models/cli.py", "from models.export import publish"),
        (wrong_imports, "models/job/spec.py", "from models.data import split"),
        (wrong_imports, "models/training/loop.py", "from models.evaluation.metrics import ndcg"),
        (wrong_imports, "benchmarks/quality.py", "from models.recipe import training"),
        (wrong_third_parties, "models/contract/events.py", "import torch.nn"),
        (wrong_third_parties, "models/heads/count.py", "import scipy"),
        (wrong_third_parties, "models/language/encoder.py", "from torch import nn"),
        (too_long, "app/main.py", "x = 1\n" * (FILE_LINES + 1)),
        (too_long, "app/main.py", "async def f():\n" + "    x = 1\n" * FUNCTION_LINES),
        (forbidden_name, "app/utils.py", ""),
        (forbidden_name, "models/common/loss.py", ""),
        (forbidden_name, "models/state_manager.py", ""),
        (evaluated_code, "models/data/labels.py", "eval('1 + 1')"),
        (head_kinds_by_name, "app/bundle/catalogue.py", "if kind == 'multilabel':\n    pass"),
        (unnamed_errors, "app/main.py", "try:\n    pass\nexcept:\n    pass"),
        (unnamed_errors, "app/main.py", "try:\n    pass\nexcept (OSError, Exception) as error:\n    pass"),
    ],
)
def test_each_rule_can_fail(rule: Rule, path: str, source: str) -> None:
    assert len(rule(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("app/cli.py", "from models.cli import train\nfrom app.online_commands import serve"),
        ("app/runtime.py", "from models.contract import bundle\nfrom models.network.model import Network"),
        ("models/contract/features.py", "import json\nimport numpy as np\nfrom pydantic import BaseModel"),
        ("models/network/towers.py", "import torch\nfrom . import config\nfrom ..contract.tasks import Head"),
        ("models/cli.py", "from models import data, recipe\nfrom models.evaluation.report import Report"),
        ("models/recipe/training.py", "from models import data, export, language\nfrom . import ingestion"),
        ("models/job/spec.py", "from models.network.config import NetworkConfig"),
        ("models/heads/binary.py", "NAME = 'binary'"),
        ("models/training/loop.py", "model.eval()\ntry:\n    pass\nexcept OSError:\n    pass"),
        ("app/bundle/bundle.py", "from app.errors import ChorusError\nfrom models.ranking import candidates"),
        ("app/pipeline/recommend.py", "from app.bundle.bundle import LoadedBundle"),
        ("app/routes/rank.py", "def f():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)),
    ],
)
def test_what_is_allowed_passes(path: str, source: str) -> None:
    assert [fault for rule, _folders in RULES.values() for fault in rule(path, source)] == []


def test_the_tree_follows_the_files(tmp_path: Path) -> None:
    for name, text in {
        "app/__init__.py": "online",
        "app/main.py": "m\n\nmore",
        "app/api/__init__.py": "a",
        "models/__init__.py": "offline",
        "benchmarks/__init__.py": "b",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""{text}\n"""\n')
    rows = [line.split() for line in render(tmp_path).split("```text\n")[1].splitlines()[:-1]]
    assert rows == [
        ["app/", "online"],
        ["main.py", "m"],
        ["api/", "a"],
        ["models/", "offline"],
        ["benchmarks/", "b"],
    ]
