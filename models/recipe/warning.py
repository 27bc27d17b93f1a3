"""Print the warnings of a recipe's steps on the console."""

from collections.abc import Iterable

from rich.console import Console


def warn(sentences: Iterable[str], console: Console) -> None:
    """Print each sentence in bold."""
    for sentence in sentences:
        console.print(f"warning: {sentence}", style="bold", highlight=False)
