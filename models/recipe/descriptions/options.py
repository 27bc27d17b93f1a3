"""The options of `chorus describe`, as they were given, and their check."""

from dataclasses import dataclass
from pathlib import Path

from models.contract.description_limits import MOST_PARALLEL, MOST_VARIANTS

FORMATS = (".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class DescribeOptions:
    """A job, and how its items are described; None stands for the default of what only a language model has.

    `variants`: texts of an item in a language, 1 to MOST_VARIANTS. `parallel`: requests at once, 1 to MOST_PARALLEL.
    `timeout`: the longest wait for an answer, in seconds, above 0.
    """

    job: Path
    out: Path
    language: tuple[str, ...] = ("en",)
    variants: int | None = None
    parallel: int | None = None
    timeout: float | None = None
    limit: int | None = None  # of the first items of the table; None: all


def check_options(options: DescribeOptions, *, asks: bool) -> None:
    """Raises ValueError for an option that cannot be met; `asks` is True where a language model writes."""
    if options.out.suffix not in FORMATS:
        raise ValueError(f"expected a file that ends with {' or '.join(FORMATS)}, given {options.out}")
    if options.out.is_dir():
        raise ValueError(f"expected a file to write, given the folder {options.out}")
    if repeated := [name for name in options.language if options.language.count(name) > 1]:
        raise ValueError(f"expected every --language once, given {repeated[0]} more often")
    if (options.variants or 1) > MOST_VARIANTS:
        raise ValueError(f"expected at most {MOST_VARIANTS} --variants, given {options.variants}")
    if (options.parallel or 1) > MOST_PARALLEL:
        raise ValueError(
            f"expected at most {MOST_PARALLEL} requests at once, given --parallel {options.parallel}"
        )
    if not asks:
        for name in ("variants", "parallel", "timeout"):
            if getattr(options, name) is not None:
                raise ValueError(
                    f"expected CHORUS_CHAT_URL beside --{name}: without a language model each item has the one text "
                    "of the template"
                )
