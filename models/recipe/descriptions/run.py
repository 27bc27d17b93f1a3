"""Describe the items of a job: read the table, ask the language model or fill the template, check, write the file."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from models.contract.catalogue import Item
from models.contract.description_limits import PARALLEL, TIMEOUT_S
from models.data.entities import read_items
from models.job.errors import JobError
from models.job.sections import ItemsSection
from models.job.spec import load_job
from models.language.chat_endpoint import ChatEndpoint, ChatError
from models.recipe.descriptions.answer_file import AnswerFile
from models.recipe.descriptions.files import name_refusals, write_descriptions, write_refusals
from models.recipe.descriptions.item_fields import ItemFields, name_items, read_fields
from models.recipe.descriptions.options import DescribeOptions, check_options
from models.recipe.descriptions.out_file import check_out, name_answers, name_lock
from models.recipe.descriptions.parallel import call_in_threads
from models.recipe.descriptions.replaced import check_replaced
from models.recipe.descriptions.settling import MODEL, TEMPLATE, Description, Refusal, fill_row, settle
from models.recipe.descriptions.writer import Asked, Origin, Writer
from models.recipe.folder_lock import hold_lock

MOST_FAILURES = 20
"""Failures in a row after which the command ends: the model is away, and each further item would wait for it."""
NAMED_REASONS = 5
"""The most frequent reasons of refusals that are printed."""


@dataclass(slots=True)
class Described:
    """The results for the items so far."""

    rows: list[Description] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    kept: int = 0  # answers of earlier runs
    failures: Counter[str] = field(default_factory=Counter)  # message -> answers


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a job that have something to describe, and the whole table, of which a text could name others."""

    fields: Sequence[ItemFields]
    empty: int
    section: ItemsSection
    table: Sequence[Item]


def describe(options: DescribeOptions, endpoint: ChatEndpoint | None, console: Console) -> None:
    """Write the descriptions of a job's items to a file, by the language model of `endpoint` where there is one.

    Raises JobError, ValueError for options that cannot be met, FolderInUseError, OSError, and ChatError after
    MOST_FAILURES failures in a row; the answers before it are kept for the next run.
    """
    check_options(options, asks=endpoint is not None)
    items = read_job_items(options)
    out = options.out
    with hold_lock(name_lock(out), out):
        check_replaced(
            out, len(items.fields), is_part=options.limit is not None, is_template=endpoint is None
        )
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
    """The first `limit` items of a job's table. Raises JobError, and ValueError for a file that may not be written."""
    job = load_job(options.job)
    section = job.items
    if section is None:
        raise JobError(f"items: expected an item table in {options.job}, given none")
    check_out(options.out, options.job, job)
    section = section.model_copy(update={"descriptions": ()})  # an earlier result is no evidence
    table = read_items(section).items
    fields = [read_fields(section, item) for item in table[: options.limit]]
    filled = [each for each in fields if not each.is_empty]
    if not filled:
        raise JobError("items: expected a column of texts, labels or numbers with values, given none")
    return Items(filled, len(fields) - len(filled), section, table)


def _fill(fields: Sequence[ItemFields], languages: Sequence[str]) -> Described:
    """The template's descriptions."""
    return Described([fill_row(each, language, 1) for each, language in product(fields, languages)])


def _ask(items: Items, options: DescribeOptions, endpoint: ChatEndpoint, console: Console) -> Described:
    """The checked descriptions of a language model."""
    variants, out = options.variants or 1, options.out
    limited = replace(endpoint, timeout_s=options.timeout or TIMEOUT_S)
    writer = Writer(limited, variants, AnswerFile(name_answers(out)))
    asked = [Asked(fields, language) for fields, language in product(items.fields, options.language)]
    answers = call_in_threads(writer.write, asked, options.parallel or PARALLEL)
    described, in_a_row, names = Described(), 0, name_items(items.section, items.table)
    with closing(answers), Progress(console=console, transient=True) as progress:
        for answer in progress.track(answers, total=len(asked), description="descriptions"):
            if answer.origin is Origin.ASKED and answer.texts is None:
                described.failures[answer.failure] += 1
                in_a_row += 1
            elif answer.origin is Origin.ASKED:  # other answers say nothing of the model's state
                in_a_row = 0
            if in_a_row == MOST_FAILURES:
                raise ChatError(
                    f"expected answers of the language model, given {MOST_FAILURES} failures in a row, the last one: "
                    f"{answer.failure}; the answers so far are kept, and the same command goes on from there"
                )
            rows, refusals = settle(answer, variants, names)
            described.kept += answer.origin is Origin.KEPT
            described.rows += rows
            described.refusals += refusals
    return described


def report(described: Described, items: Items, out: Path) -> Iterator[str]:
    """The lines about what was written, refused and failed."""
    sources = Counter(row.source for row in described.rows)
    written = f"{sources[MODEL]:,} by the language model, {sources[TEMPLATE]:,} by the template"
    rows, fields = count(len(described.rows), "description"), count(len(items.fields), "item")
    yield f"{rows} of {fields} {'is' if len(described.rows) == 1 else 'are'} in {out}: {written}"
    if described.kept:
        yield f"answers of earlier runs: {described.kept:,}"
    if described.refusals:
        reasons = Counter(refusal.reason for refusal in described.refusals).most_common(NAMED_REASONS)
        named = ", ".join(f"{reason!r} ({times:,})" for reason, times in reasons)
        refused = count(len(described.refusals), "refused text")
        yield f"{refused}, for a name beside the fields, the length or a repetition: {named}"
        yield f"in {name_refusals(out)}: {refused}"
    for failure, times in described.failures.most_common(NAMED_REASONS):
        yield f"{count(times, 'failed request')}, asked again by the next run: {failure}"
    if items.empty:
        yield f"items without any field to describe: {items.empty:,}"


def count(number: int, noun: str) -> str:
    """A number of things, such as "1 item" and "2 items"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
