"""Fit the feature specification on the training rows: vocabularies, means and deviations."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from models.contract.action_rates import fit_rates
from models.contract.arrays import Floats, Indices, Indices32
from models.contract.catalogue import Item, User
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.vocabulary import Vocabulary
from models.data.conditions import read_codes
from models.data.dataset import Codes, Dataset, Interactions
from models.job.label_check import TIME_FIELDS
from models.job.label_expression import Operand
from models.job.spec import JobSpec

MAX_RATES = 8
"""The most rates of actions; those of the commonest are kept."""
MAX_CONTEXTS = 1000
"""The most values of a context column or of actions; the most frequent are kept."""


def fit_features(dataset: Dataset, train: Indices, job: JobSpec, text_size: int) -> FeatureSpec:
    """The feature specification of a job, fitted on the training rows (rows of the log).

    The item vocabulary has the items of these rows, in the dataset's order; other items are OOV. `text_size`: the
    text encoder's width, 0 for none.
    """
    log = dataset.interactions
    items = [dataset.items[row] for row in _distinct_rows(log.items[train])]
    users = [dataset.users[row] for row in _distinct_rows(log.users[train])]
    item_fields = job.items.fields if job.items else {}
    hierarchies = job.items.hierarchies if job.items else {}
    user_fields = job.users.fields if job.users else {}
    values = log.values[train]
    values = values[~np.isnan(values)].astype(np.float64)
    return FeatureSpec(
        timed=dataset.timed,
        history_length=job.network.history_length,
        item_ids=Vocabulary(tokens=tuple(item.item_id for item in items)),
        actions=Vocabulary(tokens=_frequent_names(Codes(log.action_names, log.actions), train)),
        item_fields=tuple(
            _fit_field(name, kind, items, dataset.items).model_copy(
                update={"hierarchy": hierarchies.get(name, "")}
            )
            for name, kind in item_fields.items()
        ),
        user_fields=tuple(_fit_field(name, kind, users, ()) for name, kind in user_fields.items()),
        context_fields=job.interactions.context,
        item_tokens=_collect_tokens(item_fields, items),
        user_tokens=_collect_tokens(user_fields, users),
        context_tokens=Vocabulary(
            tokens=tuple(_collect_context_tokens(dataset, train, job.interactions.context))
        ),
        value_range=(float(values.min()), float(values.max())) if len(values) else None,
        value_mean=_mean(values),
        value_std=_deviation(values),
        roles=job.actions,
        action_rates=_fit_action_rates(log, train),
        item_template=job.items.template if job.items and job.items.template else "",
        user_template=job.users.template if job.users and job.users.template else "",
        interaction_text=job.interactions.text is not None and text_size > 0,
        text_size=text_size,
    )


def _fit_action_rates(log: Interactions, train: Indices) -> dict[str, float]:
    """The rates of the training rows' actions, without earlier events, of which exposures are not known."""
    timed = train[train >= log.earlier]
    counts = np.bincount(log.actions[timed], minlength=len(log.action_names)).tolist()
    rates = fit_rates(log.action_names, counts)
    return dict(list(rates.items())[:MAX_RATES])


def extend_features(spec: FeatureSpec, dataset: Dataset, rows: Indices) -> FeatureSpec:
    """The specification with the new tokens of `rows` of the log appended to each vocabulary.

    All indices are kept, so that a trained network can grow. Means, deviations and the value range are kept too,
    since the network was trained on their scale.
    """
    log = dataset.interactions
    items = [dataset.items[row] for row in _distinct_rows(log.items[rows])]
    users = [dataset.users[row] for row in _distinct_rows(log.users[rows])]
    additions = {
        "item_ids": [item.item_id for item in items],
        "actions": _frequent_names(Codes(log.action_names, log.actions), rows),
        "item_tokens": _collect_tokens(_kinds(spec.item_fields), items).tokens,
        "user_tokens": _collect_tokens(_kinds(spec.user_fields), users).tokens,
        "context_tokens": _collect_context_tokens(dataset, rows, spec.context_fields),
    }
    return spec.model_copy(
        update={name: _append_tokens(getattr(spec, name), tokens) for name, tokens in additions.items()}
    )


def _distinct_rows(rows: Indices32) -> list[int]:
    """The distinct rows, ascending; fast for many repetitions of few rows."""
    return np.flatnonzero(np.bincount(rows)).tolist()


def _append_tokens(vocabulary: Vocabulary, tokens: Iterable[str]) -> Vocabulary:
    return Vocabulary(tokens=(*vocabulary.tokens, *(token for token in tokens if token not in vocabulary)))


def _kinds(fields: Sequence[FieldSpec]) -> dict[str, FieldKind]:
    return {field.name: field.kind for field in fields}


def _fit_field(name: str, kind: FieldKind, seen: Sequence[Item | User], items: Sequence[Item]) -> FieldSpec:
    """A field fitted on the items or users seen in training; a vector's size is that of the first in `items`."""
    if kind is FieldKind.NUMERIC:
        values = (holder.attributes.get(name) for holder in seen)
        numbers = np.array([value for value in values if isinstance(value, float)])
        return FieldSpec(name=name, kind=kind, mean=_mean(numbers), std=_deviation(numbers))
    if kind is FieldKind.VECTOR:
        sizes = (len(item.vectors[name]) for item in items if name in item.vectors)
        return FieldSpec(name=name, kind=kind, size=next(sizes, 0))
    return FieldSpec(name=name, kind=kind)


def _collect_tokens(fields: Mapping[str, FieldKind], seen: Sequence[Item | User]) -> Vocabulary:
    """Every "field=label" of the items or users seen in training, sorted."""
    tokens: set[str] = set()
    for name, kind in fields.items():
        if kind in (FieldKind.CATEGORICAL, FieldKind.CATEGORIES):
            values = (holder.attributes.get(name, ()) for holder in seen)
            labels = (
                label for value in values for label in (value if isinstance(value, tuple) else (value,))
            )
            tokens.update(f"{name}={label}" for label in labels)
    return Vocabulary(tokens=tuple(sorted(tokens)))


def _collect_context_tokens(dataset: Dataset, train: Indices, fields: Sequence[str]) -> Iterator[str]:
    """Yield the context tokens of all training rows, in the form of models.contract.features.context_tokens."""
    operands = [Operand("time", name) for name in TIME_FIELDS] if dataset.timed else []
    operands += [Operand("context", name) for name in fields]
    tokens = (
        f"{operand.field}={name}"
        for operand in operands
        for name in _frequent_names(read_codes(operand, dataset), train)
    )
    yield from dict.fromkeys(tokens)


def _frequent_names(column: Codes, train: Indices) -> tuple[str, ...]:
    """The names in the training rows, sorted; the MAX_CONTEXTS most frequent if there are more."""
    codes = column.codes[train]
    counts = Counter(dict(enumerate(np.bincount(codes[codes >= 0]).tolist())))
    return tuple(sorted(column.names[code] for code, count in counts.most_common(MAX_CONTEXTS) if count))


def _mean(values: Floats | np.ndarray) -> float:
    return float(values.mean()) if len(values) else 0.0


def _deviation(values: np.ndarray) -> float:
    """The standard deviation; 1 if it is 0 or undefined."""
    deviation = float(values.std()) if len(values) else 0.0
    return deviation if deviation > 1e-9 else 1.0
