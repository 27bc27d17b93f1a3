"""The network's data-dependent sizes, inferred from the feature specification."""

from dataclasses import dataclass

from models.contract.feature_spec import FeatureSpec, FieldKind


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Rows of the embedding tables, and widths of the numeric inputs."""

    item_ids: int
    item_tokens: int
    item_numeric: int
    content: int
    actions: int
    user_tokens: int
    user_numeric: int
    user_text: int
    context_tokens: int
    action_rates: int = 0
    heads_read_ids: bool = True  # the task heads read an item's ID embedding


def infer_shape(spec: FeatureSpec) -> NetworkShape:
    """Infer the network's sizes from a feature specification."""
    vectors = sum(field.size for field in spec.fields(FieldKind.VECTOR))
    user_numeric = sum(field.kind is FieldKind.NUMERIC for field in spec.user_fields)
    return NetworkShape(
        item_ids=len(spec.item_ids),
        item_tokens=len(spec.item_tokens),
        item_numeric=2 * len(spec.fields(FieldKind.NUMERIC)),
        content=spec.text_size + vectors,
        actions=len(spec.actions),
        user_tokens=len(spec.user_tokens),
        user_numeric=2 * user_numeric,
        user_text=spec.text_size,
        context_tokens=len(spec.context_tokens),
        action_rates=len(spec.action_rates),
        heads_read_ids=not _replace_ids(spec),
    )


def _replace_ids(spec: FeatureSpec) -> bool:
    """True if the task heads know an item by its rates of actions and its attributes, without its ID.

    In a log with exposures `next` learns by IDs which exposures were taken. Heads that read the IDs know the labels
    of the exposures that they learn from, and learn little else (docs/heads.md). Without times an item has no rates.
    """
    return bool(spec.timed and spec.action_rates and spec.item_fields)
