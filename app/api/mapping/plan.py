"""Convert a plan between the wire and the pipeline, and check it against the bundle."""

from collections.abc import Sequence

from app.api.mapping.heads import check_head
from app.api.schemas.plan import PlanDiversity, PlanLabel, PlanNumber, PlanWire
from app.bundle.bundle import LoadedBundle
from app.errors import InvalidPlanError
from models.contract.feature_spec import FieldKind
from models.contract.nearest import suggest
from models.language.plan import NO_WEIGHTS, Plan, PlannedLabel, PlannedNumber

LABELLED = frozenset({FieldKind.CATEGORICAL, FieldKind.CATEGORIES})


def to_plan(bundle: LoadedBundle, wire: PlanWire) -> Plan:
    """The plan of a request. Raises InvalidPlanError or UnknownHeadError for a part that does not fit the bundle."""
    for name in wire.weights or ():
        check_head(bundle, name, f"plan.weights.{name}")
    for index, number in enumerate(wire.conditions):
        _check_field(bundle, number.field, frozenset({FieldKind.NUMERIC}), f"plan.conditions.{index}.field")
    return Plan(
        direction=(wire.direction or "").strip(),
        avoid=tuple(wire.avoid),
        wanted=_to_labels(bundle, wire.wanted, "plan.wanted"),
        unwanted=_to_labels(bundle, wire.unwanted, "plan.unwanted"),
        conditions=tuple(PlannedNumber(part.field, part.op, part.value) for part in wire.conditions),
        like=_check_items(bundle, wire.like, "plan.like"),
        unlike=_check_items(bundle, wire.unlike, "plan.unlike"),
        limit=wire.limit,
        weights=wire.weights or NO_WEIGHTS,
        diversity=None if wire.diversity is None else wire.diversity.strength,
    )


def to_wire(plan: Plan) -> PlanWire:
    """The plan as answers have it; a request that has it asks for the same."""
    return PlanWire(
        direction=plan.direction or None,
        avoid=list(plan.avoid),
        wanted=[_label_wire(label) for label in plan.wanted],
        unwanted=[_label_wire(label) for label in plan.unwanted],
        conditions=[PlanNumber(field=part.field, op=part.op, value=part.value) for part in plan.conditions],
        like=list(plan.like),
        unlike=list(plan.unlike),
        limit=plan.limit,
        weights=dict(plan.weights) or None,
        diversity=None if plan.diversity is None else PlanDiversity(strength=plan.diversity),
    )


def _label_wire(label: PlannedLabel) -> PlanLabel:
    first, *others = label.values
    return PlanLabel(field=label.field, value=[first, *others] if others else first)


def _to_labels(bundle: LoadedBundle, wires: Sequence[PlanLabel], path: str) -> tuple[PlannedLabel, ...]:
    labels = []
    for index, wire in enumerate(wires):
        _check_field(bundle, wire.field, LABELLED, f"{path}.{index}.field")
        values = (wire.value,) if isinstance(wire.value, str) else tuple(wire.value)
        known = bundle.columns.of(bundle.catalogue)
        for value in values:
            columns = (known.all.column(wire.field).codes, known.fresh.column(wire.field).codes)
            if not any(value in codes for codes in columns):
                names = list(dict.fromkeys(name for codes in columns for name in codes))
                raise InvalidPlanError(
                    f"expected a value that an item has, given {value[:80]!r}{suggest(value, names)}",
                    f"{path}.{index}.value",
                )
        labels.append(PlannedLabel(wire.field, values))
    return tuple(labels)


def _check_field(bundle: LoadedBundle, name: str, kinds: frozenset[FieldKind], path: str) -> None:
    names = [field.name for field in bundle.spec.item_fields if field.kind in kinds]
    if name not in names:
        expected = " or ".join(sorted(kinds))
        listed = f": {', '.join(names)}" if names else ", of which the bundle has none"
        raise InvalidPlanError(
            f"expected a {expected} field{listed}, given {name[:80]!r}{suggest(name, names)}", path
        )


def _check_items(bundle: LoadedBundle, item_ids: Sequence[str], path: str) -> tuple[str, ...]:
    """The ids; a deleted item is accepted, since an earlier page may have named it."""
    for index, item_id in enumerate(item_ids):
        if bundle.catalogue.row(item_id) is None:
            raise InvalidPlanError(
                f"expected an item of the catalogue, given {item_id[:80]!r}", f"{path}.{index}"
            )
    return tuple(item_ids)
