"""Category paths such as "Books > Crime > Nordic": each level of a path is a label, written as the path down to it.

Job reading, items put through the API, and filters all use `path_levels`, so that they agree on what a level is.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate

from models.contract.catalogue import Attribute


def path_levels(path: str, separator: str) -> tuple[str, ...]:
    """The levels of a path from the top: "A > B" has "A" and "A > B". Spaces around names and empty names are removed.

    Empty for a path without names.
    """
    names = [name.strip() for name in path.split(separator)]
    return tuple(
        accumulate((name for name in names if name), lambda above, name: f"{above}{separator}{name}")
    )


def canonical_path(path: str, separator: str) -> str:
    """The path as its last level is written; the path itself if it has no names."""
    return (path_levels(path, separator) or (path,))[-1]


def expand_paths(paths: Iterable[str], separator: str) -> tuple[str, ...]:
    """The distinct levels of all paths, in order. The levels of levels are the same levels."""
    return tuple(dict.fromkeys(level for path in paths for level in path_levels(path, separator)))


def deepest_levels(labels: Iterable[str], separator: str) -> tuple[str, ...]:
    """The labels that are no level above another one: the paths of which `expand_paths` made the labels."""
    known = tuple(labels)
    above = {level for label in known for level in path_levels(label, separator)[:-1]}
    return tuple(label for label in known if label not in above)


def expand_attributes(
    attributes: Mapping[str, Attribute], separators: Mapping[str, str]
) -> Mapping[str, Attribute]:
    """The attributes with the levels of the paths in each field of `separators` (field -> separator)."""
    return _convert(attributes, separators, expand_paths)


def collapse_attributes(
    attributes: Mapping[str, Attribute], separators: Mapping[str, str]
) -> Mapping[str, Attribute]:
    """The attributes as they were given: in each field of `separators` the paths without the levels above them."""
    return _convert(attributes, separators, deepest_levels)


def _convert(
    attributes: Mapping[str, Attribute],
    separators: Mapping[str, str],
    convert: Callable[[Iterable[str], str], tuple[str, ...]],
) -> Mapping[str, Attribute]:
    """The attributes with the labels of each field of `separators` converted."""
    converted = {
        name: convert(value, separator)
        for name, separator in separators.items()
        if isinstance(value := attributes.get(name), tuple)
    }
    return {**attributes, **converted} if converted else attributes
