"""Describe the items of a job: read the table, ask the language model or fill the template, check, write the file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from models.contract.description_limits import PARALLEL, TIMEOUT_S
from models.data.entities import read_items
from models.job.errors import JobError
from models.job.spec import load_job
from models.language.chat_endpoint import ChatEndpoint, ChatError
from models.language.claims import Names
from models.recipe.descriptions.answer_file import SUFFIX, AnswerFile
from models.recipe.descriptions.files import name_refusals, write_descriptions, write_refusals
from models.recipe.descriptions.item_fields import ItemFields, name_items, read_fields
from models.recipe.descriptions.options import DescribeOptions, check_options
from models.recipe.descriptions.parallel import call_in_threads
from models.recipe.descriptions.settling import MODEL, TEMPLATE, Description, Refusal, fill_row, settle
from models.recipe.descriptions.writer import Asked, Writer
from models.recipe.folder_lock import SUFFIX as LOCK
from models.recipe.folder_lock import hold_lock

MOST_FAILURES = 20
"""Failures in a row after which the command ends: the model is away, and each further item would wait for it."""
NAMED_REASONS = 5
"""The most frequent reasons of refusals that are printed."""


@dataclass(slots=True)
class Described:
    """What has become of the items so far."""

    rows: list[Description] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    kept: int = 0  # answers of earlier runs
    failures: Counter[str] = field(default_factory=Counter)  # message -> answers


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a job that have something to describe, and all that texts about them could name."""

    fields: Sequence[ItemFields]
    empty: int
    names: Names


def describe(options: DescribeOptions, endpoint: ChatEndpoint | None, console: Console) -> None:
    """Write the descriptions of a job's items to a file, by the language model of `endpoint` where there is one.

    Raises JobError, ValueError for options that cannot be met, FolderInUseError, OSError, and ChatError after
    MOST_FAILURES failures in a row; the answers before it are kept for the next run.
    """
    check_options(options, asks=endpoint is not None)
    items = read_job_items(options)
    out = options.out
    with hold_lock(out.with_name(out.name + LOCK), out):
        if endpoint is None:
            console.print(
                "CHORUS_CHAT_URL names no language model: the descriptions are those of the template"
            )
            described = _fill(items.fields, options.language)
        else:
            described = _ask(items, options, endpoint, console)
        write_descriptions(out, described.rows)
        write_refusals(out, described.refusals)
    for line in report(described, items, out):
        console.print(line, markup=False, highlight=False)


def read_job_items(options: DescribeOptions) -> Items:
    """The first `limit` items of a job's table; names are those of all items. Raises JobError."""
    section = load_job(options.job).items
    if section is None:
        raise JobError(f"items: expected an item table in {options.job}, given none")
    if options.out.resolve() in section.path:
        raise ValueError(f"expected another file than a table of the job, given {options.out}")
    section = section.model_copy(update={"descriptions": ()})  # an earlier result is no evidence
    table = read_items(section).items
    fields = [read_fields(section, item) for item in table[: options.limit]]
    filled = [each for each in fields if not each.is_empty]
    if not filled:
        raise JobError("items: expected a column of texts, labels or numbers with values, given none")
    return Items(filled, len(fields) - len(filled), name_items(section, table))


def _fill(fields: Sequence[ItemFields], languages: Sequence[str]) -> Described:
    """The template's descriptions."""
    return Described([fill_row(each, language, 1) for each, language in product(fields, languages)])


def _ask(items: Items, options: DescribeOptions, endpoint: ChatEndpoint, console: Console) -> Described:
    """The checked descriptions of a language model."""
    variants, out = options.variants or 1, options.out
    limited = replace(endpoint, timeout_s=options.timeout or TIMEOUT_S)
    writer = Writer(limited, variants, AnswerFile(out.with_name(out.name + SUFFIX)))
    asked = [Asked(fields, language) for fields, language in product(items.fields, options.language)]
    answers = call_in_threads(writer.write, asked, options.parallel or PARALLEL)
    described, in_a_row = Described(), 0
    with closing(answers), Progress(console=console, transient=True) as progress:
        for answer in progress.track(answers, total=len(asked), description="descriptions"):
            if answer.texts is None:
                described.failures[answer.failure] += 1
                in_a_row += 1
            else:
                in_a_row = 0
            if in_a_row == MOST_FAILURES:
                raise ChatError(
                    f"expected answers of the language model, given {MOST_FAILURES} failures in a row, the last one: "
                    f"{answer.failure}; the answers so far are kept, and the same command goes on from there"
                )
            rows, refusals = settle(answer, variants, items.names)
            described.kept += answer.is_kept
            described.rows += rows
            described.refusals += refusals
    return described


def report(described: Described, items: Items, out: Path) -> Iterator[str]:
    """The lines about what was written, refused and failed."""
    sources = Counter(row.source for row in described.rows)
    written = f"{sources[MODEL]:,} by the language model, {sources[TEMPLATE]:,} by the template"
    yield f"{len(described.rows):,} descriptions of {len(items.fields):,} items are in {out}: {written}"
    if described.kept:
        yield f"{described.kept:,} answers were those of earlier runs"
    if described.refusals:
        reasons = Counter(refusal.reason for refusal in described.refusals).most_common(NAMED_REASONS)
        named = ", ".join(f"{reason!r} ({count:,})" for reason, count in reasons)
        yield f"{len(described.refusals):,} texts were refused, which name what is not in the fields: {named}"
        yield f"they are in {name_refusals(out)}"
    for failure, count in described.failures.most_common(NAMED_REASONS):
        yield f"{count:,} requests failed, which the next run asks again: {failure}"
    if items.empty:
        yield f"items without any field to describe: {items.empty:,}"
