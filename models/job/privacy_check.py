"""Check that a job's other settings suit private training: nothing is set that privacy would ignore or break."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.contract.feature_spec import FieldKind
from models.job.training_config import Balancing

if TYPE_CHECKING:
    from models.job.spec import JobSpec

DESCRIBING = (FieldKind.CATEGORICAL, FieldKind.CATEGORIES, FieldKind.VECTOR)
"""Kinds of item fields that the item tower represents without training, beside texts."""


def check_privacy(job: "JobSpec") -> Iterator[str]:
    """Yield an error for each setting that does not suit `training.privacy`; none without it."""
    training = job.training
    if training.privacy is None:
        return
    if "patience" in training.model_fields_set:
        yield (
            "training.patience: expected no patience with training.privacy, since early stopping would choose the "
            f"weights by the validation data, given {training.patience}"
        )
    if job.item_links:
        yield (
            "item_links: expected false with training.privacy, since links are counts of users without noise, "
            "given true"
        )
    if job.interactions.text is not None:
        yield (
            "interactions.text: expected none with training.privacy, whose user tower is not trained on texts of "
            f"events, given {job.interactions.text!r}"
        )
    if training.negatives:
        yield (
            "training.negatives: expected 0 with training.privacy, since a user's gradient must not depend on the "
            f"items of others, given {training.negatives}"
        )
    if training.balancing is not Balancing.FIXED:
        yield f"training.balancing: expected fixed with training.privacy, given {training.balancing.value}"
    if "id_dropout" in job.network.model_fields_set:
        yield (
            "network.id_dropout: expected none with training.privacy, since no item id is learned, "
            f"given {job.network.id_dropout:g}"
        )
    kinds = set(job.items.fields.values()) if job.items else set()
    if not kinds & ({*DESCRIBING} | ({FieldKind.TEXT} if job.text_encoder else set())):
        yield (
            "items: expected labels, texts or vectors that describe the items with training.privacy, since the item "
            f"tower is not trained, given {', '.join(sorted(kinds)) or 'none'}"
        )
