"""Check the heads that requests, plans and variants weigh."""

from app.bundle.bundle import LoadedBundle
from app.errors import UnknownHeadError
from models.contract.nearest import suggest


def check_head(bundle: LoadedBundle, name: str, field: str) -> None:
    """Raises UnknownHeadError, with the `field` at fault, for a name of no head that orders a list."""
    heads = bundle.list_heads
    if name not in heads:
        raise UnknownHeadError(
            f"expected one of {', '.join(heads)}, given {name!r}{suggest(name, heads)}", field
        )
