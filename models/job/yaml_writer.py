"""Write a job as YAML that the reader reads as the same document."""

import yaml

from models.job.yaml_reader import EXPONENT, FLOAT, FLOAT_STARTS


class _Dumper(yaml.SafeDumper):
    """PyYAML's safe dumper, except that the text 1e-3 is quoted, since the reader takes it for a number."""


_Dumper.add_implicit_resolver(FLOAT, EXPONENT, FLOAT_STARTS)


def format_document(document: dict[str, object]) -> str:
    """The YAML of a job's keys, in their order."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
