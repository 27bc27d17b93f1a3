"""All settings of a job in dotted form, as the report shows them."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from pydantic import BaseModel

Setting = str | int | float | bool | None | list[object] | dict[str, object]


def list_settings(job: BaseModel) -> dict[str, Setting]:
    """Every key of a job -> value, defaults included; of a file the name without its folder."""
    return dict(_walk(job.model_dump(), ""))


def _walk(section: dict[str, object], stem: str) -> Iterator[tuple[str, Setting]]:
    """Yield the keys of a section and of those within it; entries of a list have a number, such as tasks.0.name."""
    for name, value in section.items():
        key = f"{stem}{name}"
        if isinstance(value, dict) and value:
            yield from _walk(value, f"{key}.")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            for number, entry in enumerate(value):
                yield from _walk(entry, f"{key}.{number}.")
        else:
            yield key, _simplify(value)


def _simplify(value: object) -> Setting:
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], Path):
        return value[0].name
    if isinstance(value, list | tuple):
        return [_simplify(entry) for entry in value]
    if value is None or isinstance(value, str | int | float | dict):
        return value
    raise ValueError(f"expected a setting that JSON can hold, given {value!r}")
