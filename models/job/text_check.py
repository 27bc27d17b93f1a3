"""Check what a job says of its texts: every placeholder of a template is a column that the items or users have."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.contract.feature_spec import FieldKind
from models.contract.features import INTERESTS
from models.contract.text_template import TemplateError, list_placeholders
from models.contract.title_field import DESCRIPTION

if TYPE_CHECKING:
    from models.job.spec import JobSpec


def check_texts(job: "JobSpec") -> Iterator[str]:
    """Yield an error for each template that cannot be filled, and for what nothing reads without a text encoder."""
    if job.text_whitening and job.text_encoder is None:
        yield f"text_whitening: expected a text_encoder, whose vectors it is for, given {job.text_whitening:g}"
    if job.interactions.text is not None and job.text_encoder is None:
        yield f"interactions.text: expected a text_encoder, which reads it, given null for {job.interactions.text!r}"
    if job.items is not None and job.items.descriptions:
        yield from _find_undescribed(job.items.template, has_encoder=job.text_encoder is not None)
    for name, section, own in (("items", job.items, ()), ("users", job.users, (INTERESTS,))):
        if section is None or section.template is None:
            continue
        columns = [column for column, kind in section.fields.items() if kind is not FieldKind.VECTOR]
        yield from (f"{name}.template: {fault}" for fault in _find_faults(section.template, (*columns, *own)))
        if job.text_encoder is None:
            yield f"{name}.template: expected a text_encoder, which reads it, given null"
    if job.users is not None and job.users.template is not None:
        yield from _find_unread(job.users.template, job.users.text)


def _find_faults(template: str, columns: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with a template over these columns."""
    try:
        names = list_placeholders(template)
    except TemplateError as error:
        yield str(error)
        return
    if not names:
        yield f"expected at least one column in braces, given {template[:80]!r}"
    for name in names:
        if name not in columns:
            yield (
                f"expected one of the columns {', '.join(columns) or '(none)'} in braces, given {{{name[:80]}}}; "
                "a column that is only for the template may stand in `text`"
            )


def _find_undescribed(template: str | None, *, has_encoder: bool) -> Iterator[str]:
    """Yield why written descriptions would have no effect."""
    if not has_encoder:
        yield "items.descriptions: expected a text_encoder, which reads them, given null"
    try:
        names = None if template is None else list_placeholders(template)
    except TemplateError:
        return
    if names is not None and DESCRIPTION not in names:
        yield f"items.template: expected {{{DESCRIPTION}}} in it beside items.descriptions, given none"


def _find_unread(template: str, texts: tuple[str, ...]) -> Iterator[str]:
    """Yield the text columns of users that the template leaves without effect; those of items are titles as well."""
    try:
        names = list_placeholders(template)
    except TemplateError:
        return
    if unread := [text for text in texts if text not in names]:
        yield f"users.template: expected every column of users.text in braces, given none of {', '.join(unread)}"
