"""docs/structure.md: the tree of the packages, a line a file, taken from the files' own docstrings.

python -m tests.structure    writes it anew
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "structure.md"
PACKAGES = ("app", "models", "benchmarks")
HEAD = """# The tree

One line a file: the first line of its docstring. `make structure` writes this page, a test holds it to the code.

```text
"""


def render(root: Path) -> str:
    """The whole page for the packages under a root folder."""
    lines = [line for package in PACKAGES for line in folder_lines(root / package, 0)]
    return HEAD + "\n".join(lines) + "\n```\n"


def folder_lines(folder: Path, depth: int) -> Iterator[str]:
    """The line of a folder, of its files by name, then those of the folders in it."""
    yield row(f"{folder.name}/", summary(folder / "__init__.py"), depth)
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            yield row(path.name, summary(path), depth + 1)
    for inner in sorted(path for path in folder.iterdir() if (path / "__init__.py").is_file()):
        yield from folder_lines(inner, depth + 1)


def row(name: str, text: str, depth: int) -> str:
    """An indented name with its text in a column."""
    return f"{'  ' * depth + name:<28} {text}".rstrip()


def summary(path: Path) -> str:
    """The first line of a file's docstring; empty where it has none."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    return text.splitlines()[0].removesuffix(".") if text else ""


if __name__ == "__main__":
    PAGE.write_text(render(ROOT), "utf-8")
