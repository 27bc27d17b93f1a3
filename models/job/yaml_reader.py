"""Strict YAML reader: non-string keys, duplicate keys and recursive aliases are errors."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from models.job.errors import JobError, format_value

MERGE = "tag:yaml.org,2002:merge"
TEXT = "tag:yaml.org,2002:str"
FLOAT = "tag:yaml.org,2002:float"
EXPONENT = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
FLOAT_STARTS = list("-+.0123456789")


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, except that 1e-3 is a number, as in JSON and YAML 1.2."""


_Loader.add_implicit_resolver(FLOAT, EXPONENT, FLOAT_STARTS)


def read_document(path: Path) -> dict[str, object]:
    """The mapping of keys to values in a file; raises JobError for anything else."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        errors = [] if node is None else list(_check_keys(node, "", []))
        raw = None if node is None or errors else loader.construct_document(node)
    except (OSError, UnicodeDecodeError) as error:
        raise JobError(f"job: expected a readable YAML file at {path}, given {error}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2024-13-01
        raise JobError(f"job: expected YAML in {path}, given {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise JobError(f"job: expected YAML in {path}, given one that is nested too deeply") from error
    if errors:
        raise JobError(*errors)
    if not isinstance(raw, dict):
        raise JobError(f"job: expected a mapping of keys to values in {path}, given {format_value(raw)}")
    return raw


def _check_keys(node: yaml.Node, path: str, ancestors: list[yaml.Node]) -> Iterator[str]:
    """Yield an error for every non-string key, duplicate key and recursive alias below a node."""
    if node in ancestors:
        yield f"{path}: expected a value that does not contain itself, given an alias of a value around it"
        return
    ancestors = [*ancestors, node]
    if isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _check_keys(value, f"{path}.{index}".lstrip("."), ancestors)
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag not in (TEXT, MERGE):
                text = format_value(key.value) if isinstance(key, yaml.ScalarNode) else "none"
                yield f"{path or 'job'}: expected keys that are texts, given {text} in line {line}"
                continue
            name = f"{path}.{key.value}".lstrip(".")
            if key.value in lines:
                yield f"{name}: expected the key once, given in line {lines[key.value]} and in line {line}"
            lines.setdefault(key.value, line)
            yield from _check_keys(value, name, ancestors)
