"""What a bundle lacks of another one: names that requests may use, so that what one takes, the other takes, too."""

from collections.abc import Mapping

from app.bundle.bundle import LoadedBundle
from models.contract.events import Action


def find_lack(in_use: LoadedBundle, other: LoadedBundle) -> str | None:
    """The first thing that a request may name with the bundle in use and not with the other; None if there is none.

    Items are none of it: a request may name unknown ones.
    """
    ours, theirs = _name_parts(in_use), _name_parts(other)
    for kind, names in ours.items():
        for name, value in names.items():
            if name not in theirs[kind] or theirs[kind][name] != value:
                return f"{kind} {name!r}"
    return None if _takes_values_of(in_use, other) else f"range of values {in_use.spec.value_range}"


def _name_parts(bundle: LoadedBundle) -> dict[str, Mapping[str, object]]:
    """Kind of name -> name -> what it must be in both bundles."""
    spec, manifest = bundle.spec, bundle.manifest
    return {
        "head": dict.fromkeys(bundle.list_heads),
        "scene": dict.fromkeys(manifest.scenes),
        "action": dict.fromkeys([*(action.value for action in Action), *spec.actions.tokens, *spec.roles]),
        "item field": {field.name: (field.kind, field.size) for field in spec.item_fields},
        "user field": {field.name: field.kind for field in spec.user_fields},
        "context field": dict.fromkeys(spec.context_fields),
    }


def _takes_values_of(in_use: LoadedBundle, other: LoadedBundle) -> bool:
    """Whether every value of an event that the bundle in use takes is one for the other."""
    ours, theirs = in_use.spec.value_range, other.spec.value_range
    return theirs is None or (ours is not None and theirs[0] <= ours[0] and ours[1] <= theirs[1])
